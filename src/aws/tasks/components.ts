/**
 * Components: their declarations, the number of their calls, and the calls themselves.
 *
 * The n-th call of a component (from 0) has a name that follows from it: `a`, `a_1`, `a_2` …, so that
 * a step is found by its name without an item of its own. A step with another name is marked in the
 * list of calls (`call-lists.ts`) and has an item for its name.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { RunComponent } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { readDocument } from '../dynamodb/stored-documents.ts';
import {
  endOfPrefix,
  type Item,
  numberIn,
  numbers,
  numbersIn,
  type Table,
  textIn,
} from '../dynamodb/table.ts';
import { CALLS_PER_PAGE, callListOf, firstPage, readPage } from './call-lists.ts';
import { type CheckpointWindow, ifNotOlder, itemMetadata } from './checkpoint-window.ts';
import type { LoggedComponent } from './commit-log.ts';
import { firstCallsAfter, type RunState } from './run-state.ts';
import { componentKey, irregularNameKey, runPartition } from './table-keys.ts';

export const allComponents = (id: RunId) => ({
  pk: runPartition(id),
  from: 'C#',
  to: endOfPrefix('C#'),
});
export const nameIn = (item: Item): string => textIn(item, 'sk').slice(2);

/** A rewind: removes the name of a step, if it does not follow from its component. */
export async function removeIrregularName(window: CheckpointWindow, step: Step): Promise<void> {
  const key = irregularNameKey(window.id, step.name);
  const item = await window.table.get(key);
  if (item !== undefined && numbersIn(item, 'c').includes(step.call))
    await window.table.update(
      key,
      { set: itemMetadata(window), removeFrom: { c: numbers([step.call]) } },
      ifNotOlder(window),
    );
}

/** The component as the last checkpoint left it, or as a later checkpoint that is not complete. */
export async function storedComponent(
  table: Table,
  id: RunId,
  name: string,
): Promise<RunComponent | undefined> {
  const item = await table.get(componentKey(id, name));
  return item?.d === undefined
    ? undefined
    : {
        declaration: await readDocument<ComponentDeclaration>(table, item),
        callCount: numberIn(item, 'n'),
      };
}

/** The component as the last commit left it, with its declaration. */
export async function readComponent(
  state: RunState,
  name: string,
  stored: () => Promise<RunComponent | undefined>,
): Promise<RunComponent | undefined> {
  let recent: Partial<LoggedComponent> = {};
  for (const { components } of state.tail)
    recent = { ...recent, ...components.find((each) => each.name === name) };
  if (recent.declaration !== undefined && recent.callCount !== undefined)
    return { declaration: recent.declaration, callCount: recent.callCount };
  const before = await stored();
  return before === undefined
    ? undefined
    : { declaration: before.declaration, callCount: recent.callCount ?? before.callCount };
}

/** Calls whose step or component has the name. */
export async function readCallsNamed(
  table: Table,
  state: RunState,
  name: string,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  const { id } = state;
  const [item, irregular, regular] = await Promise.all([
    table.get(componentKey(id, name)),
    table.get(irregularNameKey(id, name)),
    regularCallNamed(table, id, name),
  ]);
  const found: number[] = [
    ...(irregular === undefined ? [] : numbersIn(irregular, 'c')),
    ...(regular === undefined ? [] : [regular]),
  ];
  const { fullPages, lastPage } = callListOf(item);
  let foundInPages = 0;
  for (
    let page = await firstPage(table, id, name, fullPages, after);
    page <= fullPages && foundInPages < limit;
    page += 1
  ) {
    const entries = (page === fullPages ? lastPage : await readPage(table, id, name, page))
      .map(({ call }) => call)
      .filter((each) => each > after);
    foundInPages += entries.length;
    found.push(...entries);
  }
  const stored = found.filter((each) => each < state.base.callCount);
  const fresh = state.tail.flatMap(({ created }) =>
    created
      .filter((step) => step.name === name || step.component === name)
      .map((step) => step.call),
  );
  return firstCallsAfter([...stored, ...fresh], after, limit);
}

/** The call whose name is that of its component with its ordinal. */
async function regularCallNamed(
  table: Table,
  id: RunId,
  name: string,
): Promise<number | undefined> {
  const [, component, digits] = /^(.*)_([1-9]\d*)$/su.exec(name) ?? [];
  if (component === undefined) return undefined;
  const ordinal = Number(digits);
  const { fullPages, lastPage } = callListOf(await table.get(componentKey(id, component)));
  const page = Math.floor(ordinal / CALLS_PER_PAGE);
  const entries =
    page === fullPages
      ? lastPage
      : page < fullPages
        ? await readPage(table, id, component, page)
        : [];
  const entry = entries[ordinal % CALLS_PER_PAGE];
  return entry?.isRegular === true ? entry.call : undefined;
}
