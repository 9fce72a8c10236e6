/**
 * Decides whether a command means this machine or an API: `--mode remote` (or
 * `HEADRACE_MODE=remote`), `--endpoint` and `--profile` choose the API.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import type { TargetOptions } from './option-types.ts';

/** @throws CommandLineError if the options contradict each other */
export function isRemote(
  { mode, endpoint, profile }: TargetOptions,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const namesRemote = endpoint !== undefined || profile !== undefined;
  if (mode !== undefined && mode !== 'remote') {
    if (namesRemote)
      throw new CommandLineError(
        `--mode ${mode} runs on this machine: it accepts no --endpoint or --profile`,
      );
    return false;
  }
  return namesRemote || mode === 'remote' || env.HEADRACE_MODE === 'remote';
}
