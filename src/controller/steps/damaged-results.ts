/**
 * Results that a step found damaged: their cache entries are removed, so that the next run computes
 * them again. A hit compares sizes only, because content is read by its readers.
 *
 * The report of the step is not trusted: it removes entries of its own arguments at most.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import type { Step } from '../../model/step.ts';
import type { Turn } from '../turn/turn.ts';
import { storedValuesOf } from './adoptable-results.ts';

/** The name of the error with which a runner reports an object that differs from its record. */
const DAMAGED = 'DamagedObjectError';

export async function removeDamagedEntries(
  turn: Turn,
  step: Step,
  error: ErrorRecord,
): Promise<void> {
  const message = damageIn(error);
  if (message === undefined) return;
  for (const call of new Set(step.args.refs.map((ref) => ref.call))) {
    const parent = await turn.step(call);
    if (parent === undefined || parent.cacheKey === null) continue;
    const damaged = storedValuesOf(parent).find(({ key }) => message.includes(key));
    if (damaged === undefined) continue;
    await turn.context.cache.removeEntry(parent.cacheKey);
    turn.warn(
      `the result of step ${parent.name} is damaged (object ${damaged.key}): it is not used by other runs any more, and the next run computes it again`,
    );
  }
}

function damageIn(error: ErrorRecord | undefined): string | undefined {
  for (let each = error; each !== undefined; each = each.cause)
    if (each.name === DAMAGED) return each.message;
  return undefined;
}
