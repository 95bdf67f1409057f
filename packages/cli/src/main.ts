#!/usr/bin/env node
// Entry of the command line: sets up the runtime, runs one command, turns what went wrong into words and an exit code.
import { enableRelaxedSimd } from './host/runtime.ts';
import { wasLeashed } from './interrupt.ts';
import { runProgram } from './program.ts';

enableRelaxedSimd();
process.exitCode = await runProgram(process.argv.slice(2));
// Deno goes on waiting for a standard input that was let go.
if (wasLeashed()) process.exit();
