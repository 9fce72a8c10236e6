/**
 * The log of a run: one item for each commit.
 *
 * 1. A commit is on record when its item exists. The put requires that no item of this revision
 *    exists, so that of two commits at one revision one wins.
 * 2. A put whose response was lost, and which is sent again, finds its own writer and has won.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { RunOutputs } from '../../model/artifacts.ts';
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
import { readEncoded, storeEncoded } from '../dynamodb/stored-documents.ts';
import { IF_ABSENT, type Item, number, type Table, text, textIn } from '../dynamodb/table.ts';
import { type PackedGroup, packGroup, unpackGroup } from './packed-groups.ts';
import { logKey } from './table-keys.ts';

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
  readonly runOutputs: RunOutputs;
  readonly adoptions: readonly Adoption[];
  /** The run was rewound to this position before the rest applies. */
  readonly cut: Cut | null;
  /** Its bytes in the table. */
  readonly size: number;
}

type StoredCommit = Partial<Omit<CommitRecord, 'head' | 'size' | 'groups' | 'runOutputs'>> & {
  readonly head: RunHead;
  readonly groups?: readonly PackedGroup[];
  readonly runOutputs?: Partial<RunOutputs>;
};

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
  const key = logKey(id, record.head.revision);
  const lifetime = { expiresAt: number(expiresAt) };
  const outcome = await table.put(
    key,
    { w: text(writer), d: await storeEncoded(table, key, document, lifetime), ...lifetime },
    IF_ABSENT,
  );
  if (!outcome.applied && (outcome.item === undefined || textIn(outcome.item, 'w') !== writer))
    return undefined;
  return { ...record, size: document.length };
}

/** Reading the record takes further requests. */
export const isInParts = (item: Item): boolean => item.d?.B === undefined;

/** The record of an item of the log. */
export async function readCommit(table: Table, item: Item): Promise<CommitRecord> {
  const document = await readEncoded(table, item);
  return withEmptyFields(decodeDocument<StoredCommit>(document), document.length);
}

/** Leaves out empty fields. */
function withoutEmptyFields({
  size: _,
  head,
  groups,
  runOutputs,
  ...record
}: CommitRecord): StoredCommit {
  const outputs = filledFields(runOutputs);
  return {
    ...filledFields(record),
    ...(groups.length > 0 ? { groups: groups.map(packGroup) } : {}),
    ...(Object.keys(outputs).length > 0 ? { runOutputs: outputs } : {}),
    head,
  };
}

const filledFields = (record: object) =>
  Object.fromEntries(
    Object.entries(record).filter(([, value]) =>
      Array.isArray(value) ? value.length > 0 : value !== null,
    ),
  );

const withEmptyFields = (
  { head, groups = [], runOutputs, ...record }: StoredCommit,
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
  runOutputs: { artifacts: [], models: [], ...runOutputs },
  head,
  size,
});
