// Public names of the command line, for programs that run it themselves.
export { runProgram } from './program.ts';
export { VERSION } from '@spikebridge/model';
