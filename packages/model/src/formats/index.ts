// Public names of formats: readers of recordings over byte sources, and the registry that picks one by content.
export type * from './types.ts';
export { openRecording, recogniseFormat, READERS } from './registry.ts';
export type { Recognised } from './registry.ts';
export { statedClock, clockOf, ticksPerSecond } from './clock.ts';
export { NpyRowWriter, encodeNpy, encodeNpyText, encodeNpz, npyHeader } from './npyWrite.ts';
export type { NpyDescr, NpyWritable } from './npyWrite.ts';
export { readNpyHeader, readNpyNumbers, readNpyVector } from './npy.ts';
export type { NpyHeader, NpyType } from './npy.ts';
export { openNpz } from './npz.ts';
export type { Npz } from './npz.ts';
export { encodeSpikeInterfaceNpz } from './spikeinterface.ts';
export { memorySource } from './bytes.ts';
export { readSafetensors, writeSafetensors } from './safetensors.ts';
export type { NamedArray, SafetensorsFile } from './safetensors.ts';
export { readScalarEvents } from './tensorboard.ts';
export type { ScalarEvent } from './tensorboard.ts';
