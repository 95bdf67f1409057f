// What can go wrong on a device, with stable codes. Callers that have errors of their own wrap these.

export type GpuErrorCode = 'E_GPU_LOST' | 'E_GPU_MEMORY' | 'E_GPU_LIMIT' | 'E_GPU_VALIDATION';

export class GpuError extends Error {
  override readonly name = 'GpuError';
  readonly code: GpuErrorCode;

  constructor(code: GpuErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
