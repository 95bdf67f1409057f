// A device for the tests of this folder: Dawn, through npm's `webgpu`.

/** Kept for good: the process aborts when Dawn's entry object is collected while a device of it lives. */
let gpu: GPU | undefined;

export async function dawnDevice(): Promise<GPUDevice> {
  const { create, globals } = (await import('webgpu')) as unknown as {
    readonly create: (flags: string[]) => GPU;
    globals: object;
  };
  Object.assign(globalThis, globals);
  gpu ??= create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('Dawn finds no adapter');
  return adapter.requestDevice();
}
