/**
 * The keys of the table `tasks`. Numbers are padded, so that keys sort as numbers do.
 *
 * ```
 * R#run        | M                          the head at the last checkpoint, and the index attributes
 * R#run        | I                          the info, which never changes
 * R#run        | L#revision                 the log: one item for each commit
 * R#run        | C#component, N#component#page   a component, its calls, and full pages of its calls
 * R#run        | X#name                     calls whose name does not follow from their component
 * R#run        | K#bucket                   the status of each call, in four bits
 * R#run        | G#first                    groups
 * R#run        | W#name#bucket              calls that wait for a name
 * R#run        | O#id                       reports of the run itself
 * R#run        | V#kind#name                artifacts and models of the run itself
 * R#run#H      | E#first, Y#first           history: events, signatures
 * R#run#S#bucket | S#call                   steps
 * R#run#S#bucket | P#call#epoch#attempt#sequence   reports of steps
 * R#run#S#bucket | D#call, D#call#metric     reduced metrics of steps (`stored-metrics.ts`)
 * R#run#E#bucket | C#parent#bucket, B#child#bucket   edges, from both ends
 * R#run#A      | A#batch#call, D#digest#batch#call   archived steps, and how they are found
 * N#project#pipeline | number               the run with this number (`run-index.ts`)
 * T#tag        | run                        a run with this tag (`run-index.ts`)
 * BY#name      | run                        a run with this creator (`run-index.ts`)
 * MU#project#name#version | run#call     a step that uses a version of a model (`model-uses.ts`)
 * pk|sk        | name#part                  parts of a document too large for the item (pk, sk)
 * ```
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { RunId } from '../../model/ids.ts';
import type { ItemKey } from '../dynamodb/table.ts';

const KEY_DIGITS = 8;
/** Steps, with their reports and edges, in one partition. */
const STEPS_PER_PARTITION = 512;

/** The calls from `from` to `end` (exclusive) by partition: the first and the last of each. */
export function partitionsOfCalls(
  from: number,
  end: number,
): readonly (readonly [first: number, last: number])[] {
  const partitions: [number, number][] = [];
  for (let first = from; first < end; ) {
    const next = (Math.floor(first / STEPS_PER_PARTITION) + 1) * STEPS_PER_PARTITION;
    partitions.push([first, Math.min(end, next) - 1]);
    first = next;
  }
  return partitions;
}
/** Calls of a set of edges in one item: a set of numbers well below 1 KB. */
export const EDGES_PER_ITEM = 128;

export const padded = (number: number): string => String(number).padStart(KEY_DIGITS, '0');
const bucket = (number: number, size: number): string => padded(Math.floor(number / size));

export const runPartition = (run: RunId): string => `R#${run}`;
export const headKey = (run: RunId): ItemKey => ({ pk: runPartition(run), sk: 'M' });
export const infoKey = (run: RunId): ItemKey => ({ pk: runPartition(run), sk: 'I' });
export const logKey = (run: RunId, revision: number): ItemKey => ({
  pk: runPartition(run),
  sk: `L#${padded(revision)}`,
});
export const componentKey = (run: RunId, name: string): ItemKey => ({
  pk: runPartition(run),
  sk: `C#${name}`,
});
export const callsPageKey = (run: RunId, component: string, page: number): ItemKey => ({
  pk: runPartition(run),
  sk: `N#${component}#${padded(page)}`,
});
export const irregularNameKey = (run: RunId, name: string): ItemKey => ({
  pk: runPartition(run),
  sk: `X#${name}`,
});
export const statusesKey = (run: RunId, bucketNumber: number): ItemKey => ({
  pk: runPartition(run),
  sk: `K#${padded(bucketNumber)}`,
});
export const groupsKey = (run: RunId, first: number): ItemKey => ({
  pk: runPartition(run),
  sk: `G#${padded(first)}`,
});
export const waitersPrefix = (name: string): string => `W#${name}#`;
export const waitersKey = (run: RunId, name: string, child: number): ItemKey => ({
  pk: runPartition(run),
  sk: `${waitersPrefix(name)}${bucket(child, EDGES_PER_ITEM)}`,
});
export const runReportKey = (run: RunId, id: string): ItemKey => ({
  pk: runPartition(run),
  sk: `O#${id}`,
});

export const runOutputsPrefix = (kind: 'artifacts' | 'models'): string => `V#${kind}#`;
export const runOutputKey = (run: RunId, kind: 'artifacts' | 'models', name: string): ItemKey => ({
  pk: runPartition(run),
  sk: `${runOutputsPrefix(kind)}${name}`,
});

export const historyPartition = (run: RunId): string => `R#${run}#H`;
export const historyKey = (run: RunId, list: 'E' | 'Y', first: number): ItemKey => ({
  pk: historyPartition(run),
  sk: `${list}#${padded(first)}`,
});

export const stepPartition = (run: RunId, call: number): string =>
  `R#${run}#S#${bucket(call, STEPS_PER_PARTITION)}`;
export const stepKey = (run: RunId, call: number): ItemKey => ({
  pk: stepPartition(run, call),
  sk: `S#${padded(call)}`,
});
export const reportsPrefix = (call: number, epoch: number): string =>
  `P#${padded(call)}#${padded(epoch)}#`;

export const metricSummariesKey = (run: RunId, call: number): ItemKey => ({
  pk: stepPartition(run, call),
  sk: `D#${padded(call)}`,
});
export const reducedMetricKey = (run: RunId, call: number, metric: number): ItemKey => ({
  pk: stepPartition(run, call),
  sk: `D#${padded(call)}#${padded(metric)}`,
});

export const edgePartition = (run: RunId, call: number): string =>
  `R#${run}#E#${bucket(call, STEPS_PER_PARTITION)}`;
export const childrenPrefix = (parent: number): string => `C#${padded(parent)}#`;
export const parentsPrefix = (child: number): string => `B#${padded(child)}#`;
export const edgeBucket = (call: number): string => bucket(call, EDGES_PER_ITEM);
export const childrenKey = (run: RunId, parent: number, child: number): ItemKey => ({
  pk: edgePartition(run, parent),
  sk: `${childrenPrefix(parent)}${edgeBucket(child)}`,
});
export const parentsKey = (run: RunId, child: number, parent: number): ItemKey => ({
  pk: edgePartition(run, child),
  sk: `${parentsPrefix(child)}${edgeBucket(parent)}`,
});

export const archivePartition = (run: RunId): string => `R#${run}#A`;
export const archiveKey = (run: RunId, batch: number, call: number): ItemKey => ({
  pk: archivePartition(run),
  sk: `A#${padded(batch)}#${padded(call)}`,
});
export const digestPrefix = (component: string, digest: string): string =>
  `D#${createHash('sha256')
    .update(JSON.stringify([component, digest]))
    .digest('hex')
    .slice(0, 24)}#`;
/** Reports that were copied with the step of another run. */
export const copiedReportsPrefix = (call: number): string => `Q#${padded(call)}#`;
