/**
 * Whether a command means this machine or a Headrace elsewhere: elsewhere with `--mode remote` (or `HEADRACE_MODE=remote`), or where `--endpoint` or
 * `--profile` says which.
 *
 * @module
 */
import { CommandLineError } from './errors.ts';

export interface TargetOptions {
  readonly mode?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly profile?: string | undefined;
  readonly home?: string | undefined;
}

/** @throws CommandLineError if the options contradict each other */
export function isRemote(
  { mode, endpoint, profile }: TargetOptions,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const namesRemote = endpoint !== undefined || profile !== undefined;
  if (mode !== undefined && mode !== 'remote') {
    if (namesRemote)
      throw new CommandLineError(
        `--mode ${mode} is on this machine: it takes no --endpoint or --profile`,
      );
    return false;
  }
  return namesRemote || mode === 'remote' || env.HEADRACE_MODE === 'remote';
}
