/**
 * Components: their declarations, the number of their calls, and the calls themselves.
 *
 * 1. The calls of a component are in ascending order. Full pages are items of their own; the last
 *    page is in the item of the component.
 * 2. The n-th call of a component (from 0) has a name that follows from it: `a`, `a_1`, `a_2` …, so
 *    that a step is found by its name without an item of its own. A step with another name is
 *    marked in the list (its call is stored as -1 - call) and has an item for its name.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { RunComponent } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/documents.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  bytes,
  bytesIn,
  endOfPrefix,
  type Item,
  number,
  numberIn,
  numbers,
  numbersIn,
  type Table,
  textIn,
} from '../dynamodb/table.ts';
import {
  type CheckpointWindow,
  ifNotOlder,
  itemMetadata,
  lifetimeOf,
  type Write,
} from './checkpoint-window.ts';
import type { LoggedComponent } from './commit-log.ts';
import { firstCallsAfter, type RunState } from './run-state.ts';
import { callsPageKey, componentKey, irregularNameKey, runPartition } from './table-keys.ts';

export const CALLS_PER_PAGE = 512;

/** The last page of a component's calls, and the number of full pages before it. */
export interface CallList {
  readonly fullPages: number;
  readonly lastPage: readonly number[];
}

const EMPTY_CALL_LIST: CallList = { fullPages: 0, lastPage: [] };

export const callListOf = (item: Item | undefined): CallList =>
  item?.c === undefined
    ? EMPTY_CALL_LIST
    : { fullPages: numberIn(item, 'p'), lastPage: unpack(bytesIn(item, 'c')) };
export const callOf = (entry: number): number => (entry < 0 ? -1 - entry : entry);

/** Stores differences, which are small and repetitive and compress well. */
const pack = (entries: readonly number[]): Uint8Array =>
  encodeDocument(entries.map((entry, n) => entry - (entries[n - 1] ?? 0)));
export function unpack(document: Uint8Array): readonly number[] {
  let last = 0;
  return decodeDocument<readonly number[]>(document).map((difference) => {
    last += difference;
    return last;
  });
}

export const regularNameAt = (component: string, ordinal: number): string =>
  ordinal === 0 ? component : `${component}_${ordinal}`;

export async function writeComponents(window: CheckpointWindow): Promise<readonly Write[]> {
  const { table, id, records, cut } = window;
  const logged = new Map<string, LoggedComponent>();
  for (const { components } of records)
    for (const each of components) logged.set(each.name, { ...logged.get(each.name), ...each });
  const created = new Map<string, Step[]>();
  for (const step of records.flatMap((record) => record.created))
    created.set(step.component, [...(created.get(step.component) ?? []), step]);
  const touched = [...new Set([...logged.keys(), ...created.keys()])];
  const items =
    cut === null
      ? await table.getMany(touched.map((name) => componentKey(id, name)))
      : await table.list(allComponents(id));
  const stored = new Map(items.map((item) => [nameIn(item), item]));
  const names = cut === null ? touched : [...new Set([...stored.keys(), ...touched])];
  return names.flatMap((name) => {
    const change: ComponentChange = {
      name,
      before: stored.get(name),
      logged: logged.get(name),
      created: created.get(name) ?? [],
    };
    return [() => writeComponent(window, change)];
  });
}

interface ComponentChange {
  readonly name: string;
  readonly before: Item | undefined;
  readonly logged: LoggedComponent | undefined;
  readonly created: readonly Step[];
}

async function writeComponent(
  window: CheckpointWindow,
  { name, before, logged, created }: ComponentChange,
): Promise<void> {
  const { table, id, cut } = window;
  const remaining =
    cut === null
      ? callListOf(before)
      : await truncated(table, id, name, callListOf(before), cut.callCount);
  const after = [...remaining.lastPage];
  for (const step of [...created].sort((a, b) => a.call - b.call)) {
    // In ascending order, so that a repeated write finds the calls that it added.
    if (after.length > 0 && callOf(after.at(-1) ?? 0) >= step.call) continue;
    const isRegular =
      step.name === regularNameAt(name, remaining.fullPages * CALLS_PER_PAGE + after.length);
    after.push(isRegular ? step.call : -1 - step.call);
    if (!isRegular)
      await table.update(
        irregularNameKey(id, step.name),
        { set: itemMetadata(window), addTo: { c: numbers([step.call]) } },
        ifNotOlder(window),
      );
  }
  let { fullPages } = remaining;
  for (; after.length >= CALLS_PER_PAGE; fullPages += 1) {
    await table.put(
      callsPageKey(id, name, fullPages),
      { c: bytes(pack(after.splice(0, CALLS_PER_PAGE))), ...itemMetadata(window) },
      ifNotOlder(window),
    );
  }
  const calls =
    logged?.callCount ??
    (cut === null ? undefined : remaining.fullPages * CALLS_PER_PAGE + remaining.lastPage.length);
  const key = componentKey(id, name);
  const declaration =
    logged?.declaration === undefined
      ? {}
      : { d: await storeDocument(table, key, logged.declaration, lifetimeOf(window)) };
  const set = {
    ...itemMetadata(window),
    p: number(fullPages),
    c: bytes(pack(after)),
    ...(calls === undefined ? {} : { n: number(calls) }),
    ...declaration,
  };
  await table.update(key, { set }, ifNotOlder(window));
}

/** The calls of the list below `end`. */
async function truncated(
  table: Table,
  id: RunId,
  name: string,
  { fullPages, lastPage }: CallList,
  end: number,
): Promise<CallList> {
  for (let at = fullPages, page = lastPage; ; ) {
    const remaining = page.filter((entry) => callOf(entry) < end);
    if (remaining.length > 0 || at === 0) return { fullPages: at, lastPage: remaining };
    at -= 1;
    page = await readPage(table, id, name, at);
  }
}

async function readPage(
  table: Table,
  id: RunId,
  name: string,
  page: number,
): Promise<readonly number[]> {
  const item = await table.get(callsPageKey(id, name, page));
  return item === undefined ? [] : unpack(bytesIn(item, 'c'));
}

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
      .map(callOf)
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

/** The first full page with a call above `after`, by bisection; `pages` if there is none. */
export async function firstPage(
  table: Table,
  id: RunId,
  name: string,
  pages: number,
  after: number,
): Promise<number> {
  if (after < 0) return 0;
  let [low, high] = [0, pages];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const entries = await readPage(table, id, name, middle);
    if (callOf(entries.at(-1) ?? -1) > after) high = middle;
    else low = middle + 1;
  }
  return low;
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
  return entry === undefined || entry < 0 ? undefined : entry;
}
