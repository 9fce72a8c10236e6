/**
 * The log of a run: the lines of its logic, its callbacks and of `logger.reportText`, by time.
 *
 * 1. Lines are ordered by time, then by call (the logic first), then as they were reported.
 * 2. The position of a line is its time, its call and its number among the lines of that call with
 *    this time. It does not change when other lines are added.
 *
 * @module
 */
import { isAtLeast, logLevelOf } from '../model/log-levels.ts';
import type { Run } from '../model/run.ts';
import { bodyBytes, MAX_LAMBDA_BODY_BYTES } from '../model/service-limits.ts';
import type { LogFilter } from './log-search.ts';
import { LogCursorError } from './logs.ts';
import type { RunQueries } from './tasks.ts';

export interface RunLogLine {
  readonly position: string;
  readonly at: number;
  /** Null: the logic or a callback. */
  readonly call: number | null;
  readonly attempt: number | null;
  readonly text: string;
}

export interface RunLogPage {
  readonly lines: readonly RunLogLine[];
  readonly next: string;
  readonly previous: string | null;
  readonly more: boolean;
  /** The number of calls whose lines are left out: the last ones. */
  readonly omittedCalls: number;
}

export interface RunLogPosition {
  /** Null: the start, or backwards the end. */
  readonly from: string | null;
  readonly direction: 'forward' | 'backward';
  readonly limit: number;
}

const MAX_PARALLEL_READS = 20;
/** The other fields of a line in a response. */
const MAX_LINE_FIELDS_BYTES = 200;

/** @param maxCalls the calls whose texts are read: each costs a read */
export async function readRunLog(
  queries: Pick<RunQueries, 'runTexts' | 'texts'>,
  { info, head }: Run,
  maxCalls: number,
  { from, direction, limit }: RunLogPosition,
  filter: LogFilter,
): Promise<RunLogPage> {
  const start = from === null ? undefined : parsePosition(from);
  const calls = Math.min(head.callCount, maxCalls);
  const lines: Omit<RunLogLine, 'position'>[] = (await queries.runTexts(info.id)).map(
    ({ text, at }) => ({ text, at, call: null, attempt: null }),
  );
  for (let first = 0; first < calls; first += MAX_PARALLEL_READS) {
    const part = Array.from(
      { length: Math.min(MAX_PARALLEL_READS, calls - first) },
      (_, n) => first + n,
    );
    const found = await Promise.all(
      part.map(async (call) =>
        (await queries.texts(info.id, call)).map(({ text, at, attempt }) => ({
          ...{ text, at, call, attempt },
        })),
      ),
    );
    lines.push(...found.flat());
  }
  const all = positioned(lines);
  const needle = filter.search?.toLowerCase();
  const matches = ({ text }: RunLogLine): boolean =>
    (needle === undefined || text.toLowerCase().includes(needle)) &&
    (filter.level === undefined || isAtLeast(logLevelOf(text), filter.level));
  const isBefore = (line: RunLogLine): boolean =>
    start === undefined || compare(parsePosition(line.position), start) < 0;
  const candidates =
    direction === 'backward'
      ? all.filter((line) => isBefore(line) && matches(line))
      : all.filter((line) => (start === undefined || !isBefore(line)) && matches(line));
  const shown = pageOf(candidates, direction, limit);
  const more = shown.length < candidates.length;
  const first = direction === 'backward' ? shown[0]?.position : (from ?? undefined);
  const hasEarlier =
    direction === 'backward'
      ? more
      : start !== undefined && all[0] !== undefined && isBefore(all[0]);
  return {
    lines: shown,
    next: positionAfter(shown.at(-1)) ?? from ?? START,
    previous: hasEarlier ? (first ?? null) : null,
    more,
    omittedCalls: head.callCount - calls,
  };
}

/** The first lines, or backwards the last ones, that one page holds. */
function pageOf(
  lines: readonly RunLogLine[],
  direction: 'forward' | 'backward',
  limit: number,
): readonly RunLogLine[] {
  const inOrder = direction === 'backward' ? lines.toReversed() : lines;
  let bytes = 0;
  const page: RunLogLine[] = [];
  for (const line of inOrder) {
    bytes += bodyBytes(line.text) + MAX_LINE_FIELDS_BYTES;
    if (page.length === limit || (bytes > MAX_LAMBDA_BODY_BYTES && page.length > 0)) break;
    page.push(line);
  }
  return direction === 'backward' ? page.reverse() : page;
}

/** Time, call (-1: the logic), number. */
type Position = readonly [at: number, call: number, number: number];

const START = '0.-1.0';

const textOf = (position: Position): string => position.join('.');

const compare = (a: Position, b: Position): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** @throws LogCursorError */
function parsePosition(text: string): Position {
  const [, at, call, number] = /^(\d{1,15})\.(-1|\d{1,9})\.(\d{1,9})$/.exec(text) ?? [];
  if (at === undefined || call === undefined || number === undefined)
    throw new LogCursorError(text);
  return [Number(at), Number(call), Number(number)];
}

function positionAfter(line: RunLogLine | undefined): string | undefined {
  if (line === undefined) return undefined;
  const [at, call, number] = parsePosition(line.position);
  return textOf([at, call, number + 1]);
}

/** The lines in order, with their positions. */
function positioned(lines: readonly Omit<RunLogLine, 'position'>[]): readonly RunLogLine[] {
  const inOrder = lines
    .map((line, index) => ({ line, index }))
    .sort(
      (a, b) =>
        a.line.at - b.line.at || (a.line.call ?? -1) - (b.line.call ?? -1) || a.index - b.index,
    );
  let last: Position = [-1, -1, -1];
  return inOrder.map(({ line }) => {
    const at = Math.max(0, Math.floor(line.at));
    const call = line.call ?? -1;
    last = [at, call, at === last[0] && call === last[1] ? last[2] + 1 : 0];
    return { ...line, position: textOf(last) };
  });
}
