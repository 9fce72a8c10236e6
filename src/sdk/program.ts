/**
 * What this program said about its runs: `PipelineDecorator.runLocally()`, `.debugPipeline()`, `.setDefaultExecutionQueue()`, and the environment.
 *
 * @module
 */
import { ProgramError } from './errors.ts';
import type { Mode } from './launch.ts';

const MODES: readonly Mode[] = ['debug', 'local', 'remote'];

let chosen: Mode | undefined;
let queue: string | null = null;

export function chooseMode(mode: Mode): void {
  chosen = mode;
}

/** What the program chose, else `HEADRACE_MODE`, else `local`. @throws ProgramError */
export function mode(): Mode {
  if (chosen !== undefined) return chosen;
  const written = process.env.HEADRACE_MODE;
  if (written === undefined || written === '') return 'local';
  const known = MODES.find((name) => name === written);
  if (known === undefined)
    throw new ProgramError(
      `HEADRACE_MODE is ${JSON.stringify(written)}; it may be ${MODES.join(', ')}`,
    );
  return known;
}

export function setDefaultQueue(name: string): void {
  if (typeof name !== 'string' || name.trim() === '')
    throw new ProgramError('setDefaultExecutionQueue needs the name of a queue');
  queue = name;
}

export const defaultQueue = (): string | null => queue;
