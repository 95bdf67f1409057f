// What lies between a recording and a run, a judgement or a roll-out, the same for every host.
export { formatDuration } from './listener.ts';
export type { Listener, Progress } from './listener.ts';
export { fingerprintOf, openedRecording } from './opened-recording.ts';
export type { OpenedRecording } from './opened-recording.ts';
export { binned, criteriaOf, gridOf, prepareSource } from './prepared.ts';
export type { Prepared } from './prepared.ts';
export {
  defaultShares,
  guardTraining,
  heldOut,
  otherRecording,
  PAIRING_CHOICES,
  pairAsEvaluated,
  presentUnits,
  sameUnits,
} from './target.ts';
export type { Paired, PairingChoice, PairingRequest, PreparedTarget, TargetRequest } from './target.ts';
export { checkPairing, judgedAs, levelOf } from './judging-level.ts';
export {
  dataRecord,
  describeEnvironment,
  environment,
  furtherRecords,
  recordedDevice,
} from './run-record.ts';
export type { DataRecord, EnvironmentParts, TrainedOn } from './run-record.ts';
export { asJson, modelOf, openTrainedRun, sourceOf, transformerOf } from './trained-run.ts';
export type { Source, TrainedRun } from './trained-run.ts';
export { describeRace, raceDevices, threadCounts } from './device-choice.ts';
export type {
  Candidate,
  Measured,
  MeasuredShape,
  RaceOptions,
  RaceResult,
  WasmBuild,
} from './device-choice.ts';
export { roughSeconds, shortened, trainingProbe } from './device-probe.ts';
export type { Probe } from './device-probe.ts';
export { gpuName, openDevice, openKernels } from './device.ts';
export type { Device, DeviceChoice, DeviceHost, DeviceRequest, GpuDevice } from './device.ts';
export { survivingLoss } from './lost-device.ts';
export type { SurvivingWork } from './lost-device.ts';
export {
  describeSource,
  openTrainingDevice,
  prepareFurther,
  refuseOtherData,
  runTraining,
} from './train-run.ts';
export type { PreparedFurther, TrainingDeviceRequest, TrainingRequest } from './train-run.ts';
export { drawTask } from './unit-free-task.ts';
export type { DrawRequest } from './unit-free-task.ts';
export { nextTurn } from './turn.ts';
export { bareFloors, FLOORS_VERSION, floorsOf, floorsOrRates, piecesFor, spansOf } from './floors-cache.ts';
export type { FloorsRequest, FloorStore } from './floors-cache.ts';
export { compareSides } from './compare-sides.ts';
export type { StatisticsSide } from './compare-sides.ts';
export { freeRunning } from './free-running.ts';
export type { FreeRunningRequest } from './free-running.ts';
export { sampleRun } from './sampling.ts';
export type { Sampled, SampleRequest } from './sampling.ts';
export { recordedPrompt, silentPrompt } from './prompt.ts';
export type { OtherUnits, PromptRecord, PromptRequest, ReadyPrompt } from './prompt.ts';
export { generatedUnits, generateRun } from './generate-run.ts';
export type { GenerateRequest } from './generate-run.ts';
export { evaluationFiles, OWN_EVALUATION, readDocument, readEvaluation } from './kept-documents.ts';
export { checkMixable, mixedModel } from './mixed-runs.ts';
export { prepareTarget } from './target-choice.ts';
export type { TargetChoice } from './target-choice.ts';
export { evaluationFile, guardRun, judgeRun, parseFloors } from './judge-run.ts';
export type { JudgeRequest, Judgement } from './judge-run.ts';
export { keepLook, lookInto } from './look-into.ts';
export type { Look, LookRequest } from './look-into.ts';
export { exportRun } from './export-run.ts';
export type { ExportedRun } from './export-run.ts';
export { reportRun } from './run-report.ts';
export { commandLine, readingOptions } from './typed-command.ts';
export { validationFloors } from './validation-floors.ts';
