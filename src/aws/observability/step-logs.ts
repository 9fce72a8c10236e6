/**
 * Reads the logs of steps from CloudWatch.
 *
 * 1. A container has a stream of its own, in the log group of the deployment. Its supervisor writes a
 *    last line.
 * 2. The environment of a function executes one step after the other into one stream, where Lambda
 *    writes a line before and after each.
 * 3. CloudWatch receives lines after they were written, and not always the last line of a killed
 *    process. A log is complete when its last line was read, or when the attempt ended a while ago.
 *    The same holds for the name of the stream: its message may follow that of the attempt's end.
 * 4. A cursor is a position with a mark: where the page is in relation to the lines of the attempt.
 *    The position of a line has none.
 *
 * @module
 */
import {
  type CloudWatchLogsClient,
  InvalidParameterException,
} from '@aws-sdk/client-cloudwatch-logs';
import { lastLogLine } from '../../model/container.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  LogCursorError,
  type LogLine,
  type LogPage,
  type LogPosition,
  type Logs,
} from '../../ports/logs.ts';
import { type InvocationLog, readInvocationLog } from './invocation-log.ts';
import {
  MAX_STREAM_EVENTS,
  parsePosition,
  positionText,
  readBackward,
  readForward,
  type StreamEvent,
  type StreamLocation,
  type StreamPage,
  type StreamPosition,
} from './stream-pages.ts';

/** The clocks of the function and of CloudWatch may differ. */
const CLOCK_MARGIN_MS = 60_000;
/** How long after the end of an attempt CloudWatch may receive its lines. */
const INGESTION_MS = 15_000;
/** A page has up to 1 MB and takes some 100 ms; all readers share a quota of requests. */
const PAGES_PER_SEARCH = 6;
/** Each call is a query of the table. */
const CALLS_PER_RUN_LOG = 500;
/** So many pages are read for the end of an invocation, behind which others may have written. */
const MAX_FOREIGN_PAGES = 5;

export interface StepLogsOptions {
  readonly client: CloudWatchLogsClient;
  /** The log group of containers. */
  readonly group: string;
  readonly clock: Clock;
}

export const createStepLogs = (options: StepLogsOptions): Logs => ({
  pagesPerSearch: PAGES_PER_SEARCH,
  callsPerRunLog: CALLS_PER_RUN_LOG,
  async read(stream, position) {
    const isIngested = hasIngestedAll(position, options.clock.now());
    const invocation = readInvocationLog(stream);
    const cursor = readCursor(position.from);
    const read = position.direction === 'backward' ? 'backward' : 'forward';
    const page = await (invocation === undefined
      ? CONTAINER[read](options, stream, cursor, position)
      : INVOCATION[read](options, invocation, cursor, position)
    ).catch((error: unknown) => {
      // The time of the position is out of range.
      throw error instanceof InvalidParameterException && position.from !== null
        ? new LogCursorError(position.from)
        : error;
    });
    return { ...page, complete: page.complete || isIngested, size: null };
  },
  mayNameStreamLater: (endedAt) => !hasIngestedAll({ ended: true, endedAt }, options.clock.now()),
});

const hasIngestedAll = (
  { ended, endedAt }: Pick<LogPosition, 'ended' | 'endedAt'>,
  now: number,
): boolean => ended && (endedAt === undefined || now - endedAt >= INGESTION_MS);

/** The place of a position in relation to the lines of the attempt (4). */
const MARKS = { before: '<', inside: '', after: '>' } as const;
type Place = keyof typeof MARKS;

interface Cursor {
  readonly place: Place;
  /** Null: the start of the stream, or backwards its end. */
  readonly position: StreamPosition | null;
}

/** The cursor of a stream without events. */
const START = 'start';

const cursorText = (place: Place, position: StreamPosition | null): string =>
  `${MARKS[place]}${position === null ? START : positionText(position)}`;

/** Null for the start of reading. @throws LogCursorError */
function readCursor(text: string | null): Cursor | null {
  if (text === null) return null;
  const place = text.startsWith('<') ? 'before' : text.startsWith('>') ? 'after' : 'inside';
  const rest = text.slice(MARKS[place].length);
  if (rest === START) return { place, position: null };
  const position = parsePosition(rest);
  if (position === undefined) throw new LogCursorError(text);
  return { place, position };
}

type Page = Omit<LogPage, 'size'>;

const emptyPage = (next: string): Page => ({
  lines: [],
  next,
  previous: null,
  more: false,
  complete: true,
});

const lineOf = (event: StreamEvent): LogLine => ({
  position: positionText(event),
  at: event.at,
  text: event.text,
});

const positionAfter = (event: StreamEvent | undefined): StreamPosition | null =>
  event === undefined ? null : { at: event.at, index: event.index + 1 };

const CONTAINER = {
  async forward(
    options: StepLogsOptions,
    stream: string,
    cursor: Cursor | null,
    { limit }: LogPosition,
  ): Promise<Page> {
    const from = cursor?.position ?? null;
    const previous = from === null ? null : cursorText('inside', from);
    if (cursor?.place === 'after') return { ...emptyPage(cursorText('after', from)), previous };
    const { events } = await readForward(containerLocation(options, stream), from, limit);
    const { own, isLast } = ownLines(events, stream);
    const next = positionAfter(events.at(-1)) ?? from;
    return {
      lines: own.map(lineOf),
      next: cursorText(isLast ? 'after' : 'inside', next),
      previous,
      more: !isLast && events.length > 0,
      complete: isLast,
    };
  },
  async backward(
    options: StepLogsOptions,
    stream: string,
    cursor: Cursor | null,
    { limit }: LogPosition,
  ): Promise<Page> {
    const to = cursor?.position ?? null;
    if (cursor !== null && to === null) return emptyPage(cursorText('inside', null));
    const location = containerLocation(options, stream);
    // One more, because the last line of the supervisor is not shown.
    const { events, isEnd } = await readBackward(location, to, limit + 1);
    const { own, isLast } = ownLines(events, stream);
    const shown = own.slice(-limit);
    const first = shown[0] ?? events[0];
    const isStart = isEnd && shown.length === own.length;
    return {
      lines: shown.map(lineOf),
      next: cursorText(isLast ? 'after' : 'inside', positionAfter(events.at(-1)) ?? to),
      previous: isStart || first === undefined ? null : cursorText('inside', first),
      more: !isStart && first !== undefined,
      complete: isLast,
    };
  },
};

const containerLocation = ({ client, group }: StepLogsOptions, stream: string): StreamLocation => ({
  client,
  group,
  stream,
});

/** The events of the step, without the last line of the supervisor. */
function ownLines(events: readonly StreamEvent[], stream: string) {
  const last = lastLogLine(stream);
  const end = events.findIndex(({ text }) => text.endsWith(last));
  if (end === -1) return { own: events, isLast: false };
  // The step's own last line may have no line end.
  const unended = events.slice(end, end + 1).map((event) => ({
    ...event,
    text: event.text.slice(0, -last.length),
  }));
  const own = [...events.slice(0, end), ...unended.filter(({ text }) => text !== '')];
  return { own, isLast: true };
}

const INVOCATION = {
  async forward(
    options: StepLogsOptions,
    log: InvocationLog,
    cursor: Cursor | null,
    { limit }: LogPosition,
  ): Promise<Page> {
    const from = cursor?.position ?? null;
    if (cursor?.place === 'after') return emptyPage(cursorText('after', from));
    const { events } = await readForward(invocationLocation(options, log), from, limit);
    let place: Place = cursor === null ? 'before' : cursor.place;
    const own: StreamEvent[] = [];
    for (const event of events) {
      if (place === 'before' && isMarker(event, 'START', log.request)) place = 'inside';
      else if (place === 'inside' && isMarker(event, 'END', log.request)) place = 'after';
      else if (place === 'inside') own.push(event);
    }
    return {
      lines: own.map(lineOf),
      next: cursorText(place, positionAfter(events.at(-1)) ?? from),
      previous: cursor?.place === 'inside' && from !== null ? cursorText('inside', from) : null,
      more: events.length > 0 && place !== 'after',
      complete: place === 'after',
    };
  },
  async backward(
    options: StepLogsOptions,
    log: InvocationLog,
    cursor: Cursor | null,
    { limit, ended, endedAt }: LogPosition,
  ): Promise<Page> {
    if (cursor?.place === 'before' || (cursor !== null && cursor.position === null))
      return emptyPage(cursorText(cursor.place, cursor.position));
    const location = {
      ...invocationLocation(options, log),
      ...(endedAt === undefined ? {} : { endTime: endedAt + CLOCK_MARGIN_MS }),
    };
    // The last lines of the stream are those of an attempt that runs.
    const end =
      (cursor === null && ended) || cursor?.place === 'after'
        ? await findInvocationEnd(location, log.request)
        : { to: cursor?.position ?? null, isComplete: false };
    // One more, because the line before the invocation is not shown.
    const { events, isEnd } = await readBackward(location, end.to, limit + 1);
    const start = events.findLastIndex((event) => isMarker(event, 'START', log.request));
    const own = events.slice(start + 1);
    const shown = own.slice(-limit);
    const first = shown[0] ?? events[0];
    const isStart = (start !== -1 || isEnd) && shown.length === own.length;
    return {
      lines: shown.map(lineOf),
      next: cursorText(
        end.isComplete ? 'after' : 'inside',
        end.to ?? positionAfter(events.at(-1)) ?? cursor?.position ?? null,
      ),
      previous: isStart || first === undefined ? null : cursorText('inside', first),
      more: !isStart && first !== undefined,
      complete: end.isComplete,
    };
  },
};

const invocationLocation = (
  { client }: StepLogsOptions,
  { group, stream, startedAt }: InvocationLog,
): StreamLocation => ({ client, group, stream, startTime: startedAt - CLOCK_MARGIN_MS });

const isMarker = ({ text }: StreamEvent, marker: 'START' | 'END', request: string): boolean =>
  text.startsWith(`${marker} RequestId: ${request}`);

/**
 * Where the lines of an invocation end: at Lambda's line after it, or, if that is not on record, at
 * the next invocation. Null: at the end of the stream.
 */
async function findInvocationEnd(location: StreamLocation, request: string) {
  let to: StreamPosition | null = null;
  let next: StreamPosition | null = null;
  for (let pages = 0; pages < MAX_FOREIGN_PAGES; pages += 1) {
    const { events, isEnd }: StreamPage = await readBackward(location, to, MAX_STREAM_EVENTS);
    for (const event of events.toReversed()) {
      if (isMarker(event, 'END', request)) return { to: event, isComplete: true };
      if (isMarker(event, 'START', request)) return { to: next, isComplete: false };
      if (/^(?:START|END) RequestId: /.test(event.text)) next = event;
    }
    to = events[0] ?? null;
    if (isEnd || to === null) break;
  }
  return { to: next, isComplete: false };
}
