// WGSL kernels and their typed specs. The package takes a GPUDevice and never makes one.
export {};
