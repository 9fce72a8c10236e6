/**
 * The reports of steps and runs: one item for each report.
 *
 * 1. The first report with its attempt and sequence counts.
 * 2. Reports are stored by call and epoch (the revision of the run's last rewind), so that a rewind
 *    need not move them. The reports of a step are those since it was created, and those of an
 *    archived step end at the rewind. A step that adopted another one has the key ranges of the
 *    other's reports in addition to its own.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import {
  fromStoredRunReport,
  type StoredRunReport,
  toStoredRunReport,
} from '../../model/run-reports.ts';
import type { Step } from '../../model/step.ts';
import type { RunReport, StepReport } from '../../ports/tasks.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  endOfPrefix,
  IF_ABSENT,
  type Item,
  inParallel,
  number,
  numberIn,
  type Table,
  text,
  textIn,
  textsIn,
} from '../dynamodb/table.ts';
import type { CheckpointWindow, Write } from './checkpoint-window.ts';
import type { RunState } from './run-state.ts';
import {
  archiveKey,
  copiedReportsPrefix,
  padded,
  reportsPrefix,
  runPartition,
  runReportKey,
  stepKey,
  stepPartition,
} from './table-keys.ts';

/** The range of keys of a step's reports: `call from to`. */
export interface ReportRange {
  readonly call: number;
  readonly from: string;
  readonly to: string;
}

const reportKey = (id: RunId, { call, attempt, sequence }: StepReport, epoch: number) => ({
  pk: stepPartition(id, call),
  sk: `${reportsPrefix(call, epoch)}${padded(attempt)}#${padded(sequence)}`,
});

export function writeReports(window: CheckpointWindow): readonly Write[] {
  const { table, id, records, epoch } = window;
  const lifetime = { expiresAt: number(window.expiresAt) };
  const first = firstOf(
    records.flatMap((record) => record.reports),
    ({ call, attempt, sequence }) => `${call} ${attempt} ${sequence}`,
  );
  const ofSteps = first.map((report) => async () => {
    const key = reportKey(id, report, epoch);
    const document = await storeDocument(table, key, report, lifetime);
    await table.put(key, { d: document, ...lifetime }, IF_ABSENT);
  });
  const numbered = records.flatMap(({ head, runReports }) =>
    runReports.map((report, index) => ({
      ...report,
      order: `${padded(head.revision)}#${padded(index)}`,
    })),
  );
  const ofRun = firstOf(numbered, (report) => report.id).map((report) => async () => {
    const key = runReportKey(id, report.id);
    const document = await storeDocument(table, key, toStoredRunReport(report), lifetime);
    await table.put(key, { d: document, n: text(report.order), ...lifetime }, IF_ABSENT);
  });
  return [...ofSteps, ...ofRun];
}

/** The first report of each key. */
function firstOf<T>(reports: readonly T[], keyOf: (report: T) => string): readonly T[] {
  const first = new Map<string, T>();
  for (const report of reports) if (!first.has(keyOf(report))) first.set(keyOf(report), report);
  return [...first.values()];
}

/**
 * The key ranges of an archived step's reports, as an attribute for the item of the step that
 * adopts it.
 */
export async function archivedReportRanges(
  table: Table,
  id: RunId,
  archive: string,
): Promise<Item> {
  const [batch = 0, call = 0] = archive.split('.').map(Number);
  const item = await table.get(archiveKey(id, batch, call));
  return item?.s === undefined ? {} : { s: item.s };
}

/** The key ranges of the reports of the step in `item`, which a rewind at `revision` archives. */
export const reportRangesUpTo = (
  item: Item,
  call: number,
  epoch: number,
  revision: number,
): Item => ({
  s: {
    L: [
      ...textsIn(item, 's'),
      `${call} ${reportsPrefix(call, epoch)} ${reportsPrefix(call, revision - 1)}`,
    ].map(text),
  },
});

/** The key range of the copies of another run's reports. */
export const copiedReportRange = (call: number): Item => ({
  s: { L: [text(`${call} ${copiedReportsPrefix(call)} ${copiedReportsPrefix(call)}`)] },
});

function parseReportRange(encoded: string): ReportRange {
  const [call = '0', from = '', to = ''] = encoded.split(' ');
  return { call: Number(call), from, to: endOfPrefix(to) };
}

/**
 * The key ranges of a step's reports: adopted ones, then its own.
 *
 * @param item the item with the ranges (`reportItemOf`)
 */
export function reportRangesOf(state: RunState, call: number, item: Item): readonly ReportRange[] {
  const own: ReportRange = {
    call,
    from: reportsPrefix(call, epochOfReports(state, call, item)),
    to: endOfPrefix(reportsPrefix(call, 99_999_999)),
  };
  return [...textsIn(item, 's').map(parseReportRange), own];
}

/** The first epoch of the step's own reports. */
const epochOfReports = (state: RunState, call: number, item: Item): number =>
  call >= state.base.callCount ? state.epoch : item.e === undefined ? 0 : numberIn(item, 'e');

/**
 * The prefix of the keys of all reports of the step, if one prefix has them all: the step adopted
 * none, and the run was not rewound since the step was created.
 */
export const singleReportsPrefix = (
  state: RunState,
  call: number,
  item: Item,
): string | undefined => {
  const epoch = epochOfReports(state, call, item);
  return item.s === undefined && epoch === state.epoch ? reportsPrefix(call, epoch) : undefined;
};

/**
 * The reports of a step, by attempt and sequence: adopted ones, stored ones, and those of the last
 * commits.
 */
export async function readReports(
  table: Table,
  state: RunState,
  call: number,
): Promise<readonly StepReport[]> {
  return call >= state.head.callCount
    ? []
    : await readReportsIn(table, state, call, await reportItemOf(table, state, call));
}

/** `readReports` for a step whose item with the key ranges is known. */
export async function readReportsIn(
  table: Table,
  state: RunState,
  call: number,
  item: Item,
): Promise<readonly StepReport[]> {
  const found: StepReport[] = [];
  for (const source of reportRangesOf(state, call, item)) {
    const items = await table.list({
      pk: stepPartition(state.id, source.call),
      from: source.from,
      to: source.to,
    });
    found.push(...(await inParallel(items, (each) => readDocument<StepReport>(table, each))));
  }
  return inOrder([...found, ...recentReports(state, call)]);
}

/** Reports of the step in the last commits. */
export const recentReports = (state: RunState, call: number): readonly StepReport[] =>
  state.tail.flatMap((record) => record.reports.filter((report) => report.call === call));

/** The first report of each attempt and sequence, by attempt and sequence. */
export const inOrder = (reports: readonly StepReport[]): readonly StepReport[] =>
  firstOf(reports, ({ attempt, sequence }) => `${attempt} ${sequence}`)
    .slice()
    .sort((a, b) => a.attempt - b.attempt || a.sequence - b.sequence);

/**
 * The item with the key ranges of a step's reports. A step that was created since the last
 * checkpoint has no item yet.
 */
export async function reportItemOf(table: Table, state: RunState, call: number): Promise<Item> {
  const adoption = state.tail
    .flatMap((record) => record.adoptions)
    .find((adopted) => adopted.call === call);
  if (adoption !== undefined) return archivedReportRanges(table, state.id, adoption.archive);
  return call < state.base.callCount ? ((await table.get(stepKey(state.id, call))) ?? {}) : {};
}

/** Copies what a step of another run reported, for its archived copy. */
export async function copyReports(
  table: Table,
  { id, expiresAt }: RunState,
  from: RunState,
  step: Step,
): Promise<void> {
  for (const report of await readReports(table, from, step.call)) {
    const key = {
      pk: stepPartition(id, step.call),
      sk: `${copiedReportsPrefix(step.call)}${padded(report.attempt)}#${padded(report.sequence)}`,
    };
    const lifetime = { expiresAt: number(expiresAt) };
    await table.put(key, {
      d: await storeDocument(table, key, report, lifetime),
      ...lifetime,
    });
  }
}

/** The reports of the run itself, in the order of arrival. */
export async function readRunReports(table: Table, state: RunState): Promise<readonly RunReport[]> {
  const items = await table.list({ pk: runPartition(state.id), from: 'O#', to: endOfPrefix('O#') });
  const known = new Set(items.map((item) => textIn(item, 'sk').slice(2)));
  const inOrder = [...items].sort((a, b) => (textIn(a, 'n') < textIn(b, 'n') ? -1 : 1));
  const stored = await inParallel(inOrder, async (item) => ({
    id: textIn(item, 'sk').slice(2),
    ...fromStoredRunReport(await readDocument<StoredRunReport>(table, item)),
  }));
  const recent = firstOf(
    state.tail.flatMap((record) => record.runReports),
    (report) => report.id,
  ).filter((report) => !known.has(report.id));
  return [...stored, ...recent];
}
