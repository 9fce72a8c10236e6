/**
 * The settings of this program for its runs: `PipelineDecorator.runLocally()`, `.debugPipeline()`
 * and `.setDefaultExecutionQueue()`, and the environment variable `HEADRACE_MODE`.
 *
 * @module
 */
import { ProgramError } from './errors.ts';
import type { Mode } from './launch.ts';

const MODES: readonly Mode[] = ['debug', 'local', 'remote'];

let chosenMode: Mode | undefined;
let chosenQueue: string | null = null;

export function chooseMode(mode: Mode): void {
  chosenMode = mode;
}

/** The mode that the program chose, else `HEADRACE_MODE`, else `local`. @throws ProgramError */
export function currentMode(): Mode {
  if (chosenMode !== undefined) return chosenMode;
  const environmentMode = process.env.HEADRACE_MODE;
  if (environmentMode === undefined || environmentMode === '') return 'local';
  const known = MODES.find((name) => name === environmentMode);
  if (known === undefined)
    throw new ProgramError(
      `HEADRACE_MODE is ${JSON.stringify(environmentMode)}; it must be ${MODES.join(', ')}`,
    );
  return known;
}

export function setDefaultQueue(name: string): void {
  if (typeof name !== 'string' || name.trim() === '')
    throw new ProgramError('setDefaultExecutionQueue needs the name of a queue');
  if (name !== name.trim())
    throw new ProgramError(
      `setDefaultExecutionQueue was given ${JSON.stringify(name)}: a name may not start or end with a blank`,
    );
  chosenQueue = name;
}

export const defaultQueue = (): string | null => chosenQueue;
