/**
 * The points on a run: which of its reports count.
 *
 * A report of a step's monitored metrics counts if it is of the attempt that counts, the step's last
 * one. When an attempt replaces an earlier one, a marker is recorded as a report without points. It
 * names the attempt, so that no earlier report has to be removed.
 *
 * @module
 */
import type { Point, Report } from './artifacts.ts';

interface ReportedAttempt {
  readonly call: number;
  /** The generation of the run in which the attempt was queued: a resume may reuse a call. */
  readonly generation: number;
  readonly attempt: number;
}

const START = 'start';

/** The id of the report of a step's attempt. */
export const stepReportId = (
  { call, generation, attempt }: ReportedAttempt,
  sequence: number,
): string => `${call}.${generation}.${attempt}.${sequence}`;

/** The id of the marker: reports of earlier attempts of the call do not count any more. */
export const attemptStartId = ({ call, generation, attempt }: ReportedAttempt): string =>
  `${call}.${generation}.${attempt}.${START}`;

function parseId(id: string): (ReportedAttempt & { readonly isStart: boolean }) | undefined {
  const [, call, generation, attempt, last] = /^(\d+)\.(\d+)\.(\d+)\.(\w+)$/.exec(id) ?? [];
  return call === undefined
    ? undefined
    : {
        call: Number(call),
        generation: Number(generation),
        attempt: Number(attempt),
        isStart: last === START,
      };
}

const isBefore = (one: ReportedAttempt, other: ReportedAttempt): boolean =>
  one.generation === other.generation
    ? one.attempt < other.attempt
    : one.generation < other.generation;

/** The points of the reports that count, in the order of the reports. */
export function countedPoints(
  reports: readonly { readonly id: string; readonly points: readonly Point[] }[],
): Point[] {
  const starts = new Map<number, ReportedAttempt>();
  for (const { id } of reports) {
    const parsed = parseId(id);
    if (parsed?.isStart !== true) continue;
    const known = starts.get(parsed.call);
    if (known === undefined || isBefore(known, parsed)) starts.set(parsed.call, parsed);
  }
  return reports.flatMap(({ id, points }) => {
    const parsed = starts.size === 0 ? undefined : parseId(id);
    const start = parsed === undefined ? undefined : starts.get(parsed.call);
    return parsed !== undefined && start !== undefined && isBefore(parsed, start) ? [] : points;
  });
}

/** The content of a run's report. */
export interface RunReportContent {
  readonly points: Report['points'];
  /** Lines that the logic printed. */
  readonly texts?: Report['texts'] | undefined;
}

/** As it is stored: a report without texts is only the list of its points. */
export type StoredRunReport = Report['points'] | RunReportContent;

export const toStoredRunReport = ({ points, texts }: RunReportContent): StoredRunReport =>
  texts === undefined ? points : { points, texts };

export const fromStoredRunReport = (stored: StoredRunReport): RunReportContent =>
  'points' in stored ? stored : { points: stored };
