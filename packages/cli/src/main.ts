#!/usr/bin/env node
// Entry of the command line: sets up the runtime, runs one command, turns what went wrong into words and an exit code.
import { enableRelaxedSimd } from './host/runtime.ts';
import { runProgram } from './program.ts';

enableRelaxedSimd();
process.exitCode = await runProgram(process.argv.slice(2));
