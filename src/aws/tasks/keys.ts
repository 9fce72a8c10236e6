/**
 * The keys of the table `tasks`. Numbers are padded, so that keys sort as numbers do.
 *
 * ```
 * R#run        | M                          the head at the last checkpoint, and the run in the indexes
 * R#run        | I                          what never changes
 * R#run        | L#revision                 the log: one item a commit
 * R#run        | K#revision#writer#part     parts of a commit too large for one item
 * R#run        | C#component, N#component#page   a component, its calls, and full pages of its calls
 * R#run        | X#name                     calls whose name does not follow from their component
 * R#run        | U#bucket                   a bit for each unfinished call
 * R#run        | G#first                    groups
 * R#run        | W#name#bucket              calls that wait for a name
 * R#run        | O#id                       reports of the run itself
 * R#run#H      | E#first, Y#first           history: events, signatures
 * R#run#S#bucket | S#call                   steps
 * R#run#S#bucket | P#call#epoch#attempt#sequence   reports of steps
 * R#run#E#bucket | C#parent#bucket, B#child#bucket   edges, from both ends
 * R#run#A      | A#batch#call, D#digest#batch#call   archived steps, and how they are found
 * ```
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { RunId } from '../../model/ids.ts';
import type { Key } from '../dynamodb/table.ts';

const DIGITS = 8;
/** Steps (and their reports and edges) in one partition. */
export const STEPS_TOGETHER = 512;
/** Ends of edges in one item: a set of numbers well below 1 KB. */
export const EDGES_TOGETHER = 128;

export const padded = (number: number): string => String(number).padStart(DIGITS, '0');
const bucket = (number: number, size: number): string => padded(Math.floor(number / size));

export const runPartition = (run: RunId): string => `R#${run}`;
export const headKey = (run: RunId): Key => ({ pk: runPartition(run), sk: 'M' });
export const infoKey = (run: RunId): Key => ({ pk: runPartition(run), sk: 'I' });
export const logKey = (run: RunId, revision: number): Key => ({ pk: runPartition(run), sk: `L#${padded(revision)}` });
export const partPrefix = (revision: number, writer: string): string => `K#${padded(revision)}#${writer}#`;
export const componentKey = (run: RunId, name: string): Key => ({ pk: runPartition(run), sk: `C#${name}` });
export const callsPageKey = (run: RunId, component: string, page: number): Key => ({ pk: runPartition(run), sk: `N#${component}#${padded(page)}` });
export const oddNameKey = (run: RunId, name: string): Key => ({ pk: runPartition(run), sk: `X#${name}` });
export const unfinishedKey = (run: RunId, bucketNumber: number): Key => ({ pk: runPartition(run), sk: `U#${padded(bucketNumber)}` });
export const groupsKey = (run: RunId, first: number): Key => ({ pk: runPartition(run), sk: `G#${padded(first)}` });
export const waitsPrefix = (name: string): string => `W#${name}#`;
export const waitsKey = (run: RunId, name: string, child: number): Key => ({
  pk: runPartition(run),
  sk: `${waitsPrefix(name)}${bucket(child, EDGES_TOGETHER)}`,
});
export const runReportKey = (run: RunId, id: string): Key => ({ pk: runPartition(run), sk: `O#${id}` });

export const historyPartition = (run: RunId): string => `R#${run}#H`;
export const historyKey = (run: RunId, list: 'E' | 'Y', first: number): Key => ({ pk: historyPartition(run), sk: `${list}#${padded(first)}` });

export const stepPartition = (run: RunId, call: number): string => `R#${run}#S#${bucket(call, STEPS_TOGETHER)}`;
export const stepKey = (run: RunId, call: number): Key => ({ pk: stepPartition(run, call), sk: `S#${padded(call)}` });
export const reportsPrefix = (call: number, epoch: number): string => `P#${padded(call)}#${padded(epoch)}#`;

export const edgePartition = (run: RunId, call: number): string => `R#${run}#E#${bucket(call, STEPS_TOGETHER)}`;
export const childrenPrefix = (parent: number): string => `C#${padded(parent)}#`;
export const parentsPrefix = (child: number): string => `B#${padded(child)}#`;
export const edgeBucket = (call: number): string => bucket(call, EDGES_TOGETHER);
export const childrenKey = (run: RunId, parent: number, child: number): Key => ({
  pk: edgePartition(run, parent),
  sk: `${childrenPrefix(parent)}${edgeBucket(child)}`,
});
export const parentsKey = (run: RunId, child: number, parent: number): Key => ({
  pk: edgePartition(run, child),
  sk: `${parentsPrefix(child)}${edgeBucket(parent)}`,
});

export const archivePartition = (run: RunId): string => `R#${run}#A`;
export const archiveKey = (run: RunId, batch: number, call: number): Key => ({ pk: archivePartition(run), sk: `A#${padded(batch)}#${padded(call)}` });
export const digestPrefix = (component: string, digest: string): string =>
  `D#${createHash('sha256')
    .update(JSON.stringify([component, digest]))
    .digest('hex')
    .slice(0, 24)}#`;
/** Reports that came with the copy of another run's step. */
export const copiedReportsPrefix = (call: number): string => `Q#${padded(call)}#`;
