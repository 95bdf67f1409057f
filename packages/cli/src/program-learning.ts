// The commands that train and judge: their options, and the module each one loads when it runs.
import type { Command } from 'commander';

/** Makes a command with its description and examples. */
export type MakeCommand = (name: string, description: string, examples: readonly string[]) => Command;

/** `setExit` receives the exit code of commands that may end neither done nor at fault (130). */
export function registerLearning(_command: MakeCommand, _setExit: (code: number) => void): void {
  // Each command is registered here together with its module.
}
