// Free-running on a GPU: bins are drawn where they are computed, hundreds of them in one dispatch, and only the spikes come back.
// What a bin sees is what it sees in `NetRoller`, and the draws have the same keys; probabilities agree to the rounding of float32, so that
// a roll-out is the same until a draw falls between two roundings.
import { rollout, ROLLOUT_CONTROL } from '@spikebridge/kernels-wgsl';
import type { GpuRuntime, Program, Slice } from '@spikebridge/kernels-wgsl';
import { answered, guarded } from '../engine/webgpu/errors.ts';
import type { WebGpuBackend } from '../engine/webgpu/index.ts';
import type { SpikeNet } from '../nets/types.ts';
import { minimumPast } from '../recording/split.ts';
import { emptyHistory } from '../training/history-state.ts';
import { deviceRows } from './device-rows.ts';
import { checkRollout, GENERATION_STREAM } from './generate.ts';
import type { GenerateOptions } from './generate.ts';
import { RotaryPhases } from './rotary-phases.ts';
import type { Prompt } from './types.ts';

/** Steps of one dispatch: long enough to hide its start, short enough for a driver that lets no dispatch run for seconds. */
const STEPS = 256;
/** Of the workgroup: as many as any device has, and few where a program on the CPU goes through them one after another. */
const LANES = { device: 256, software: 32 };

export interface DeviceRolloutOptions {
  readonly backend: WebGpuBackend;
  readonly net: SpikeNet;
  /** Values by parameter name (see `weightsOf`). */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** `loss.doubleSigmoid` of the run: it belongs to its probabilities. */
  readonly doubleSigmoid: boolean;
  /** Steps of one dispatch; 256 by default. */
  readonly steps?: number;
}

/** What a device draws by itself: rates are not matched there. */
export type DeviceGenerateOptions = Omit<GenerateOptions, 'rateControl'>;

export class DeviceRollout {
  readonly units: number;
  readonly wordsPerBin: number;
  readonly #runtime: GpuRuntime;
  readonly #net: SpikeNet;
  readonly #rows: ReturnType<typeof deviceRows>;
  readonly #slices: Readonly<Record<'floats' | 'program' | 'trains' | 'angles' | 'control', Slice>>;
  readonly #program: Program;
  readonly #capacity: number;
  readonly #steps: number;
  /** Bins before the first step's that own history looks at. */
  readonly #before: number;
  /** Learned positions: bins that are read again when the positions are used up. */
  readonly #kept: number;

  /** @throws E_MODEL_WEIGHTS, E_GPU_LIMIT for a net or a context that the device's bindings do not hold */
  constructor({ backend, net, weights, doubleSigmoid, steps = STEPS }: DeviceRolloutOptions) {
    const { window, context, width, heads, positions } = net.config;
    this.units = net.units;
    this.wordsPerBin = net.wordsPerBin;
    this.#net = net;
    this.#runtime = backend.runtime;
    this.#capacity = window > 0 ? Math.min(window, context) : context;
    this.#before = Math.max(0, (net.history?.lags ?? 0) - 1);
    this.#kept = positions === 'learned' ? minimumPast(context) - 1 : 0;
    const lanes = backend.software ? LANES.software : LANES.device;
    this.#steps = steps;
    this.#rows = deviceRows({ net, weights, doubleSigmoid, capacity: this.#capacity, lanes });
    const { records, floats, flops, bytes } = this.#rows;
    const rows = this.#before + Math.max(steps, this.#kept) + 1;
    const sizes = {
      floats: floats.length,
      program: records.length,
      trains: rows * this.wordsPerBin,
      angles: (steps * width) / heads,
      control: ROLLOUT_CONTROL.length + this.units,
    };
    const allocate = (name: keyof typeof sizes) =>
      guarded(() => this.#runtime.allocate(4 * sizes[name], `rollout ${name}`));
    this.#slices = {
      ...{ floats: allocate('floats'), program: allocate('program'), trains: allocate('trains') },
      ...{ angles: allocate('angles'), control: allocate('control') },
    };
    const shape = { records: records.length / 12, words: this.wordsPerBin, units: this.units };
    const bin = rollout({ ...this.#slices, ...shape, capacity: this.#capacity, lanes, flops, bytes });
    this.#program = guarded(() => this.#runtime.program([bin]));
    this.#runtime.write(this.#slices.program, records);
  }

  /** Bytes on the device: the same at any length. */
  get bytes(): number {
    return Object.values(this.#slices).reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Runs the net freely after a prompt, from nothing seen, as `generate` does.
   * @returns bins sampled: all of them unless the signal came.
   * @throws E_GENERATE_PROMPT, E_GENERATE_TEMPERATURE, E_GPU_*
   */
  generate(prompt: Prompt, options: DeviceGenerateOptions): Promise<number> {
    checkRollout(this, prompt, options);
    return answered(this.#generate(prompt, options));
  }

  /** Probabilities of the bin after the last step, (units). */
  async probabilities(): Promise<Float32Array> {
    const { buffer } = this.#slices.floats;
    const slice = { buffer, offset: 4 * this.#rows.probabilities, size: 4 * this.units };
    return answered(this.#runtime.floats(slice));
  }

  dispose(): void {
    this.#runtime.release(this.#program);
    for (const slice of Object.values(this.#slices)) this.#runtime.free(slice);
  }

  async #generate(prompt: Prompt, options: DeviceGenerateOptions): Promise<number> {
    const { bins, take, onProgress, signal } = options;
    const { wordsPerBin } = this;
    const { layers, positions, context } = this.#net.config;
    const rotary = positions === 'rotary' && layers > 0 ? this.#phases() : null;
    this.#begin();
    /** The latest bins, up to the one that the next step takes. */
    let latest = new Uint32Array(0);
    const remember = (words: Uint32Array) => {
      const most = (Math.max(this.#before, this.#kept) + 1) * wordsPerBin;
      const both = new Uint32Array(latest.length + words.length);
      both.set(latest);
      both.set(words, latest.length);
      latest = both.slice(Math.max(0, both.length - most));
    };
    remember(prompt.words.subarray(0, wordsPerBin));
    const lastStep = prompt.bins - 1 + bins;
    let filled = 0;
    let slot = 0;
    for (let step = 0; step < lastStep;) {
      if (positions === 'learned' && filled === context) {
        // As many as there are before the bin to come; own history stays.
        const again = latest.slice(0, latest.length - wordsPerBin).slice(-this.#kept * wordsPerBin);
        const steps = again.length / wordsPerBin;
        this.#run(
          { ...options, steps, sampleFrom: steps, drawn: 0, filled: 0, slot: 0, advance: false },
          again,
          0,
        );
        filled = steps;
        slot = steps % this.#capacity;
      }
      const room = positions === 'learned' ? context - filled : this.#steps;
      const steps = Math.min(this.#steps, room, lastStep - step);
      const given = Math.max(0, Math.min(steps, prompt.bins - 1 - step));
      const known = new Uint32Array((this.#before + 1 + given) * wordsPerBin);
      const past = latest.slice(-(this.#before + 1) * wordsPerBin);
      known.set(past, (this.#before + 1) * wordsPerBin - past.length);
      known.set(
        prompt.words.subarray((step + 1) * wordsPerBin, (step + 1 + given) * wordsPerBin),
        (this.#before + 1) * wordsPerBin,
      );
      rotary?.(steps);
      const drawn = step + given + 1 - prompt.bins;
      this.#run(
        { ...options, steps, sampleFrom: given, drawn, filled, slot, advance: true },
        known,
        this.#before,
      );
      const rows = await this.#runtime.read({
        buffer: this.#slices.trains.buffer,
        offset: 4 * (this.#before + 1) * wordsPerBin,
        size: 4 * steps * wordsPerBin,
      });
      const words = new Uint32Array(rows);
      for (let i = given; i < steps; i++)
        take(drawn + i - given, words.slice(i * wordsPerBin, (i + 1) * wordsPerBin));
      remember(words);
      step += steps;
      filled += steps;
      slot = (slot + steps) % this.#capacity;
      const done = Math.max(0, step + 1 - prompt.bins);
      await onProgress?.(done);
      if (signal?.aborted === true) return done;
    }
    return bins;
  }

  /** Nothing seen: weights as they are, rings and traces at zero. */
  #begin(): void {
    const { floats, state } = this.#rows;
    const { history } = this.#net;
    if (history !== null) floats.set(emptyHistory(history.decays.length, this.units), state);
    this.#runtime.write(this.#slices.floats, floats);
  }

  /** Writes what the next steps need and encodes them. `words`: rows of `trains` from the first on. */
  #run(step: StepOptions, words: Uint32Array, before: number): void {
    const { seed, present, temperature = 1 } = step;
    const values = {
      ...{ steps: step.steps, before, sampleFrom: step.sampleFrom, drawn: step.drawn },
      ...{ filled: step.filled, slot: step.slot, seed: seed >>> 0, stream: GENERATION_STREAM },
      coldness: new Uint32Array(Float32Array.of(1 / temperature).buffer)[0],
      advance: Number(step.advance),
    };
    const control = [...ROLLOUT_CONTROL.map((name) => values[name]), ...present.subarray(0, this.units)];
    this.#runtime.write(this.#slices.control, Uint32Array.from(control));
    this.#runtime.write(this.#slices.trains, words);
    this.#runtime.encode(this.#program);
  }

  /** Writes the angles of the next steps. */
  #phases(): (steps: number) => void {
    const { width, heads } = this.#net.config;
    const headWidth = width / heads;
    const phases = new RotaryPhases(headWidth);
    return (steps) => {
      const angles = new Float32Array(steps * headWidth);
      for (let i = 0; i < steps; i++) phases.next(angles.subarray(i * headWidth, (i + 1) * headWidth));
      this.#runtime.write(this.#slices.angles, angles);
    };
  }
}

interface StepOptions extends Pick<DeviceGenerateOptions, 'seed' | 'present' | 'temperature'> {
  readonly steps: number;
  readonly sampleFrom: number;
  readonly drawn: number;
  readonly filled: number;
  readonly slot: number;
  readonly advance: boolean;
}
