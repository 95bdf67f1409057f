// Entry point of the CPU kernels: one imported memory, shared by the threads that replay a program.
export { run, work } from './program';
