/**
 * The points on a run: which of its reports count, and which step each point is of.
 *
 * 1. A report of a step's monitored metrics counts if it is of the attempt that counts, the step's
 *    last one. When an attempt replaces an earlier one, a marker is recorded as a report without
 *    points. It names the attempt, so that no earlier report has to be removed.
 * 2. Points of a step that took its result over (from the cache or from another run) are not copied:
 *    a marker names its call, and readers find the points with the step.
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
const TAKEN_OVER = 'taken';

/** The id of the report of a step's attempt. */
export const stepReportId = (
  { call, generation, attempt }: ReportedAttempt,
  sequence: number,
): string => `${call}.${generation}.${attempt}.${sequence}`;

/** The id of the marker: reports of earlier attempts of the call do not count any more. */
export const attemptStartId = ({ call, generation, attempt }: ReportedAttempt): string =>
  `${call}.${generation}.${attempt}.${START}`;

/** The id of the marker: the step took over a result, and its points are those of the result. */
export const takenOverId = ({ call, generation, attempt }: ReportedAttempt): string =>
  `${call}.${generation}.${attempt}.${TAKEN_OVER}`;

interface ParsedId extends ReportedAttempt {
  readonly marker: typeof START | typeof TAKEN_OVER | null;
}

function parseId(id: string): ParsedId | undefined {
  const [, call, generation, attempt, last] = /^(\d+)\.(\d+)\.(\d+)\.(\w+)$/.exec(id) ?? [];
  return call === undefined
    ? undefined
    : {
        call: Number(call),
        generation: Number(generation),
        attempt: Number(attempt),
        marker: last === START || last === TAKEN_OVER ? last : null,
      };
}

const isBefore = (one: ReportedAttempt, other: ReportedAttempt): boolean =>
  one.generation === other.generation
    ? one.attempt < other.attempt
    : one.generation < other.generation;

/** A point on a run. */
export interface RunPoint extends Point {
  /** The call whose step reported it; null: the logic. */
  readonly call: number | null;
}

export interface RunPoints {
  /** The points of the reports that count, in the order of the reports. */
  readonly points: readonly RunPoint[];
  /** The calls whose monitored points are those of the result that they took over, ascending. */
  readonly takenOver: readonly number[];
}

export function countedPoints(
  reports: readonly { readonly id: string; readonly points: readonly Point[] }[],
): RunPoints {
  const markers = new Map<number, ParsedId>();
  for (const { id } of reports) {
    const parsed = parseId(id);
    if (parsed === undefined || parsed.marker === null) continue;
    const known = markers.get(parsed.call);
    if (known === undefined || isBefore(known, parsed)) markers.set(parsed.call, parsed);
  }
  return {
    points: reports.flatMap(({ id, points }) => {
      const parsed = points.length === 0 ? undefined : parseId(id);
      const marker = parsed === undefined ? undefined : markers.get(parsed.call);
      if (parsed !== undefined && marker !== undefined && isBefore(parsed, marker)) return [];
      const call = parsed?.call ?? null;
      return points.map((point) => ({ ...point, call }));
    }),
    takenOver: [...markers.values()]
      .filter(({ marker }) => marker === TAKEN_OVER)
      .map(({ call }) => call)
      .sort((a, b) => a - b),
  };
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
