/**
 * The steps that receive what a call of `useModel` provides.
 *
 * @module
 */
import { MAX_LISTED_RECEIVERS } from '../model/use-model.ts';
import type { ModelUse, Tasks } from './tasks.ts';

/** The names of the first steps that depend on the call. */
export async function receiversOf(
  tasks: Pick<Tasks, 'children' | 'steps'>,
  { run: { info }, step: { call } }: ModelUse,
): Promise<readonly string[]> {
  const children = await tasks.children(info.id, call, -1, MAX_LISTED_RECEIVERS);
  return (await tasks.steps(info.id, children)).map(({ name }) => name);
}
