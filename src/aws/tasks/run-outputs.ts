/**
 * Artifacts and models of the run itself: one item for each name.
 *
 * @module
 */
import type { Artifact, Model, RunOutputs } from '../../model/artifacts.ts';
import type { RunId } from '../../model/ids.ts';
import type { NamedPage } from '../../ports/tasks.ts';
import { readDocument } from '../dynamodb/stored-documents.ts';
import { endOfPrefix, inParallel, type Table } from '../dynamodb/table.ts';
import { type CheckpointWindow, putDocument, type Write } from './checkpoint-window.ts';
import type { CommitRecord } from './commit-log.ts';
import type { RunState } from './run-state.ts';
import { runOutputKey, runOutputsPrefix, runPartition } from './table-keys.ts';

export type OutputKind = keyof RunOutputs;
type Output<K extends OutputKind> = K extends 'artifacts' ? Artifact : Model;

export function writeRunOutputs(window: CheckpointWindow): readonly Write[] {
  return [...writesOf(window, 'artifacts'), ...writesOf(window, 'models')];
}

function writesOf(window: CheckpointWindow, kind: OutputKind): readonly Write[] {
  const { id, records } = window;
  return [...outputsIn(records, kind).values()].map(
    (output) => () => putDocument(window, runOutputKey(id, kind, output.name), output),
  );
}

/** The last one of each name in the commits. */
const outputsIn = <K extends OutputKind>(
  records: readonly CommitRecord[],
  kind: K,
): ReadonlyMap<string, Output<K>> =>
  new Map(
    records
      .flatMap((record): readonly (Artifact | Model)[] => record.runOutputs[kind])
      .map((output) => [output.name, output as Output<K>]),
  );

export async function readRunOutputs<K extends OutputKind>(
  table: Table,
  state: RunState,
  kind: K,
  { after, name, limit }: NamedPage,
): Promise<readonly Output<K>[]> {
  const recent = outputsIn(state.tail, kind);
  const stored =
    name === undefined
      ? await storedAfter<K>(table, state.id, kind, after, limit)
      : await storedNamed<K>(table, state.id, kind, name);
  const outputs = new Map([...stored.map((output) => [output.name, output] as const), ...recent]);
  return [...outputs.values()]
    .filter(
      (output) =>
        (name === undefined || output.name === name) &&
        (after === undefined || compareUtf8(output.name, after) > 0),
    )
    .sort((a, b) => compareUtf8(a.name, b.name))
    .slice(0, limit);
}

async function storedNamed<K extends OutputKind>(
  table: Table,
  id: RunId,
  kind: K,
  name: string,
): Promise<readonly Output<K>[]> {
  const item = await table.get(runOutputKey(id, kind, name));
  return item === undefined ? [] : [await readDocument<Output<K>>(table, item)];
}

async function storedAfter<K extends OutputKind>(
  table: Table,
  id: RunId,
  kind: K,
  after: string | undefined,
  limit: number,
): Promise<readonly Output<K>[]> {
  const prefix = runOutputsPrefix(kind);
  const items = await table.list(
    { pk: runPartition(id), from: `${prefix}${after ?? ''}`, to: endOfPrefix(prefix) },
    // The first one may be `after` itself.
    limit + 1,
  );
  return inParallel(items, (item) => readDocument<Output<K>>(table, item));
}

/** The order of DynamoDB's keys. */
const compareUtf8 = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));
