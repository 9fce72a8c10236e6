/**
 * The log of a run: one item for each commit.
 *
 * 1. A commit is on record when its item exists. The put requires that no item of this revision
 *    exists, so that of two commits at one revision one wins.
 * 2. A commit that is too large for one item stores its parts before, under keys of its own writer.
 *    No reader uses the parts of a commit that lost.
 * 3. A put whose response was lost, and which is sent again, finds its own writer and has won.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { HistoryEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { RunHead } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type {
  Adoption,
  Commit,
  Edge,
  Group,
  RunReport,
  StepReport,
  Timer,
} from '../../ports/tasks.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/documents.ts';
import {
  bytes,
  bytesIn,
  endOfPrefix,
  IF_ABSENT,
  type Item,
  inParallel,
  number,
  numberIn,
  type Table,
  text,
  textIn,
} from '../dynamodb/table.ts';
import { type PackedGroup, packGroup, unpackGroup } from './packed-groups.ts';
import { logKey, partPrefix, runPartition } from './table-keys.ts';

export interface Cut {
  readonly eventCount: number;
  readonly commandCount: number;
  readonly callCount: number;
}

/** A component after a commit. It has a declaration only if that is new. */
export interface LoggedComponent {
  readonly name: string;
  readonly callCount: number;
  readonly declaration?: ComponentDeclaration;
}

/** A commit as it is read from the log. */
export interface CommitRecord {
  readonly head: RunHead;
  readonly created: readonly Step[];
  readonly changed: readonly Step[];
  readonly edges: readonly Edge[];
  readonly resolvedNames: readonly string[];
  readonly components: readonly LoggedComponent[];
  readonly events: readonly HistoryEvent[];
  readonly signatures: readonly string[];
  readonly groups: readonly Group[];
  readonly timers: readonly Timer[];
  readonly reports: readonly StepReport[];
  readonly runReports: readonly RunReport[];
  readonly adoptions: readonly Adoption[];
  /** The run was rewound to this position before the rest applies. */
  readonly cut: Cut | null;
  /** Its bytes in the table. */
  readonly size: number;
}

type StoredCommit = Partial<Omit<CommitRecord, 'head' | 'size' | 'groups'>> & {
  readonly head: RunHead;
  readonly groups?: readonly PackedGroup[];
};

/** The bytes of a document in one item. An item holds 400 KB at most. */
export const MAX_DOCUMENT_BYTES = 340_000;

/**
 * The record of a commit before it is written. `isOnRecord`: whether a declaration of a component
 * is on record already.
 */
export function commitRecordOf(
  commit: Commit,
  cut: Cut | null,
  isOnRecord: (name: string, declaration: ComponentDeclaration) => boolean,
): CommitRecord {
  const { timers, components, ...rest } = commit;
  return {
    ...rest,
    timers: timers.set,
    components: components.map(({ declaration, callCount }) => ({
      name: declaration.name,
      callCount,
      ...(isOnRecord(declaration.name, declaration) ? {} : { declaration }),
    })),
    cut,
    size: 0,
  };
}

/**
 * Writes the record, unless another commit has its revision. Returns the record as it is in the
 * table.
 */
export async function appendCommit(
  table: Table,
  id: RunId,
  record: CommitRecord,
  expiresAt: number,
): Promise<CommitRecord | undefined> {
  const document = encodeDocument(withoutEmptyFields(record));
  const writer = randomBytes(6).toString('base64url');
  const { revision } = record.head;
  const parts =
    document.length > MAX_DOCUMENT_BYTES ? Math.ceil(document.length / MAX_DOCUMENT_BYTES) : 0;
  const lifetime = { expiresAt: number(expiresAt) };
  await inParallel([...new Array(parts).keys()], (part) =>
    table.put(
      {
        pk: runPartition(id),
        sk: `${partPrefix(revision, writer)}${String(part).padStart(4, '0')}`,
      },
      {
        d: bytes(document.subarray(part * MAX_DOCUMENT_BYTES, (part + 1) * MAX_DOCUMENT_BYTES)),
        ...lifetime,
      },
    ),
  );
  const content: Item = parts === 0 ? { d: bytes(document) } : { n: number(parts) };
  const outcome = await table.put(
    logKey(id, revision),
    { w: text(writer), ...content, ...lifetime },
    IF_ABSENT,
  );
  if (!outcome.applied && (outcome.item === undefined || textIn(outcome.item, 'w') !== writer))
    return undefined;
  return { ...record, size: document.length };
}

/** The record of an item of the log. */
export async function readCommit(table: Table, id: RunId, item: Item): Promise<CommitRecord> {
  const document = item.d?.B ?? (await readParts(table, id, item));
  return withEmptyFields(decodeDocument<StoredCommit>(document), document.length);
}

async function readParts(table: Table, id: RunId, item: Item): Promise<Uint8Array> {
  const prefix = partPrefix(Number(textIn(item, 'sk').slice(2)), textIn(item, 'w'));
  const parts = await table.list({ pk: runPartition(id), from: prefix, to: endOfPrefix(prefix) });
  if (parts.length !== numberIn(item, 'n'))
    throw new Error(
      `commit ${textIn(item, 'sk')} of run ${id} has ${parts.length} of its ${numberIn(item, 'n')} parts`,
    );
  return Buffer.concat(parts.map((part) => bytesIn(part, 'd')));
}

/** Leaves out empty fields. */
function withoutEmptyFields({ size: _, head, groups, ...record }: CommitRecord): StoredCommit {
  const filled = Object.fromEntries(
    Object.entries(record).filter(([, value]) =>
      Array.isArray(value) ? value.length > 0 : value !== null,
    ),
  );
  return { ...filled, ...(groups.length > 0 ? { groups: groups.map(packGroup) } : {}), head };
}

const withEmptyFields = (
  { head, groups = [], ...record }: StoredCommit,
  size: number,
): CommitRecord => ({
  created: [],
  changed: [],
  edges: [],
  resolvedNames: [],
  components: [],
  events: [],
  signatures: [],
  timers: [],
  reports: [],
  runReports: [],
  adoptions: [],
  cut: null,
  ...record,
  groups: groups.map(unpackGroup),
  head,
  size,
});
