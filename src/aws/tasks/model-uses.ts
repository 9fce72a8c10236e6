/**
 * Items that find the runs and steps that use a version of a registered model.
 *
 * ```
 * MU#project#name#version | run#call   a step that provides, or provided, the version
 * ```
 *
 * 1. An item is written before the commit that makes it true, so that no use is missing. It may be
 *    written twice. Readers check the step: the commit may have failed, the step may be superseded
 *    or provide another version, and the run may be removed.
 * 2. Items expire with the data of their run.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import { isSameVersion, type UsedModel } from '../../model/use-model.ts';
import type { Commit, ModelUse, ModelUsesPage } from '../../ports/tasks.ts';
import {
  type Item,
  type ItemKey,
  inParallel,
  number,
  numberIn,
  type Table,
  text,
} from '../dynamodb/table.ts';
import { type RunRecords, runIdIn } from './run-records.ts';
import type { RunState } from './run-state.ts';
import { readSteps } from './steps.ts';
import { padded } from './table-keys.ts';

const MIN_PAGE_ITEMS = 25;

const usesPartition = ({ project, name, version }: UsedModel): string =>
  `MU#${project}#${name}#${version}`;
const useKey = (model: UsedModel, run: RunId, call: number): ItemKey => ({
  pk: usesPartition(model),
  sk: `${run}#${padded(call)}`,
});

/** Nothing is written for a commit without calls of `useModel`. */
export async function indexModelUses(
  table: Table,
  { id, expiresAt }: Pick<RunState, 'id' | 'expiresAt'>,
  { created, changed }: Pick<Commit, 'created' | 'changed'>,
): Promise<void> {
  const uses = [...created, ...changed].flatMap(({ call, usedModel }) =>
    usedModel === undefined ? [] : [{ call, usedModel }],
  );
  await inParallel(uses, ({ call, usedModel }) =>
    table.put(useKey(usedModel, id, call), {
      run: text(id),
      call: number(call),
      expiresAt: number(expiresAt),
    }),
  );
}

type Runs = Pick<RunRecords, 'load' | 'record'>;

/** At most `limit` uses, the newest run first. */
export async function readModelUses(
  table: Table,
  runs: Runs,
  model: UsedModel,
  { before, limit }: ModelUsesPage,
): Promise<readonly ModelUse[]> {
  const found: ModelUse[] = [];
  for await (const page of table.pages({
    pk: usesPartition(model),
    from: '0',
    to: before === undefined ? '~' : keyBelow(before),
    descending: true,
    limit: Math.max(limit, MIN_PAGE_ITEMS),
  })) {
    for (let at = 0; at < page.length && found.length < limit; at += limit)
      found.push(...(await usesIn(table, runs, model, page.slice(at, at + limit))));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

/** The items that are true, in their order. Each run is read once. */
async function usesIn(
  table: Table,
  runs: Runs,
  model: UsedModel,
  items: readonly Item[],
): Promise<readonly ModelUse[]> {
  const callsOf = new Map<RunId, number[]>();
  for (const item of items) {
    const id = runIdIn(item);
    callsOf.set(id, [...(callsOf.get(id) ?? []), numberIn(item, 'call')]);
  }
  const uses = await inParallel([...callsOf], async ([id, calls]) => {
    const state = await runs.load(id);
    const run = state === undefined ? undefined : await runs.record(state);
    if (state === undefined || run === undefined) return [];
    return (await readSteps(table, state, calls)).map((step) => ({ run, step }));
  });
  return uses.flat().filter(({ step }) => isSameVersion(model, step.usedModel));
}

/** The greatest key that sorts before that of the use. */
const keyBelow = ({ run, call }: { readonly run: RunId; readonly call: number }): string =>
  call === 0 ? `${run}#` : `${run}#${padded(call - 1)}`;
