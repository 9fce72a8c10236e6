/**
 * What steps and runs reported: an item a report.
 *
 * 1. The first report with its attempt and sequence counts.
 * 2. Reports are kept by call and epoch (the revision of the run's last rewind), so that a rewind has nothing to move: a step's are those since it was made,
 *    an archived step's those up to the rewind. A step that took another over has, beside its own, the ranges of keys of the other's.
 *
 * @module
 */
import type { Report } from '../../model/artifacts.ts';
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { StepReport } from '../../ports/tasks.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/documents.ts';
import {
  bytes,
  bytesIn,
  endOfPrefix,
  IF_ABSENT,
  type Item,
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

/** Keys between which a step's reports are: `call from to`. */
interface ReportRange {
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
    await table.put(
      reportKey(id, report, epoch),
      { d: bytes(encodeDocument(report)), ...lifetime },
      IF_ABSENT,
    );
  });
  const numbered = records.flatMap(({ head, runReports }) =>
    runReports.map((report, index) => ({
      ...report,
      order: `${padded(head.revision)}#${padded(index)}`,
    })),
  );
  const ofRun = firstOf(numbered, (report) => report.id).map((report) => async () => {
    await table.put(
      runReportKey(id, report.id),
      { d: bytes(encodeDocument(report.points)), n: text(report.order), ...lifetime },
      IF_ABSENT,
    );
  });
  return [...ofSteps, ...ofRun];
}

/** The first of those with the same key. */
function firstOf<T>(reports: readonly T[], keyOf: (report: T) => string): readonly T[] {
  const first = new Map<string, T>();
  for (const report of reports) if (!first.has(keyOf(report))) first.set(keyOf(report), report);
  return [...first.values()];
}

/** Where the reports of an item's step are, as an attribute for the item of the step that takes it over. */
export async function archivedReportRanges(
  table: Table,
  id: RunId,
  archive: string,
): Promise<Item> {
  const [batch = 0, call = 0] = archive.split('.').map(Number);
  const item = await table.get(archiveKey(id, batch, call));
  return item?.s === undefined ? {} : { s: item.s };
}

/** Where the reports of the step in `item` are when a rewind at `revision` archives it. */
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

/** Where the copies of another run's reports are. */
export const copiedReportRange = (call: number): Item => ({
  s: { L: [text(`${call} ${copiedReportsPrefix(call)} ${copiedReportsPrefix(call)}`)] },
});

function parseReportRange(encoded: string): ReportRange {
  const [call = '0', from = '', to = ''] = encoded.split(' ');
  return { call: Number(call), from, to: endOfPrefix(to) };
}

/** The reports of a step, by attempt and sequence: what it took over, what is in items, what the last commits hold. */
export async function readReports(
  table: Table,
  state: RunState,
  call: number,
): Promise<readonly StepReport[]> {
  if (call >= state.head.callCount) return [];
  const { id } = state;
  const item = await reportItemOf(table, state, call);
  const epoch =
    call >= state.base.callCount ? state.epoch : item.e === undefined ? 0 : numberIn(item, 'e');
  const own: ReportRange = {
    call,
    from: reportsPrefix(call, epoch),
    to: endOfPrefix(reportsPrefix(call, 99_999_999)),
  };
  const found: StepReport[] = [];
  for (const source of [...textsIn(item, 's').map(parseReportRange), own]) {
    for (const each of await table.list({
      pk: stepPartition(id, source.call),
      from: source.from,
      to: source.to,
    }))
      found.push(decodeDocument(bytesIn(each, 'd')));
  }
  found.push(
    ...state.tail.flatMap((record) => record.reports.filter((report) => report.call === call)),
  );
  return firstOf(found, ({ attempt, sequence }) => `${attempt} ${sequence}`)
    .slice()
    .sort((a, b) => a.attempt - b.attempt || a.sequence - b.sequence);
}

/** The item that says where a step's reports are; one that was made since the last checkpoint has none of its own yet. */
async function reportItemOf(table: Table, state: RunState, call: number): Promise<Item> {
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
    await table.put(key, { d: bytes(encodeDocument(report)), expiresAt: number(expiresAt) });
  }
}

/** Points of the run itself, in the order of coming. */
export async function readRunPoints(table: Table, state: RunState): Promise<Report['points']> {
  const items = await table.list({ pk: runPartition(state.id), from: 'O#', to: endOfPrefix('O#') });
  const known = new Set(items.map((item) => textIn(item, 'sk').slice(2)));
  const stored = [...items]
    .sort((a, b) => (textIn(a, 'n') < textIn(b, 'n') ? -1 : 1))
    .flatMap((item) => decodeDocument<Report['points']>(bytesIn(item, 'd')));
  const recent = firstOf(
    state.tail.flatMap((record) => record.runReports),
    (report) => report.id,
  ).filter((report) => !known.has(report.id));
  return [...stored, ...recent.flatMap((report) => report.points)];
}
