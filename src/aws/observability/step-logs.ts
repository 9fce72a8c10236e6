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
 *
 * @module
 */
import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
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

/** CloudWatch may return an empty page although more lines follow. */
const MAX_EMPTY_PAGES = 5;
/** The cursor of a stream that does not exist yet. */
const START_CURSOR = 'start';
/** The clocks of the function and of CloudWatch may differ. */
const CLOCK_MARGIN_MS = 60_000;
/** How long after the end of an attempt CloudWatch may receive its lines. */
const INGESTION_MS = 15_000;

export interface StepLogsOptions {
  readonly client: CloudWatchLogsClient;
  /** The log group of containers. */
  readonly group: string;
  readonly clock: Clock;
}

interface StreamPage {
  readonly lines: readonly LogLine[];
  readonly next: string;
}

export const createStepLogs = (options: StepLogsOptions): Logs => ({
  async read(stream, position) {
    const isIngested = hasIngestedAll(position, options.clock.now());
    const invocation = readInvocationLog(stream);
    const page =
      invocation === undefined
        ? await readContainer(options, stream, position)
        : await readInvocation(options, invocation, position);
    return { ...page, complete: page.complete || isIngested };
  },
  mayNameStreamLater: (endedAt) => !hasIngestedAll({ ended: true, endedAt }, options.clock.now()),
});

const hasIngestedAll = (
  { ended, endedAt }: Pick<LogPosition, 'ended' | 'endedAt'>,
  now: number,
): boolean => ended && (endedAt === undefined || now - endedAt >= INGESTION_MS);

async function readStream(
  { client }: StepLogsOptions,
  location: {
    readonly logGroupName: string;
    readonly logStreamName: string;
    readonly startTime?: number;
  },
  from: string | null,
  limit: number,
): Promise<StreamPage> {
  let cursor = from ?? undefined;
  for (let page = 0; ; page += 1) {
    const { events = [], nextForwardToken } = await client
      .send(
        new GetLogEventsCommand({
          ...location,
          startFromHead: true,
          limit,
          ...(cursor === undefined || cursor === START_CURSOR ? {} : { nextToken: cursor }),
        }),
      )
      .catch((error: unknown) => {
        if (error instanceof ResourceNotFoundException)
          return { events: [], nextForwardToken: undefined };
        throw error instanceof InvalidParameterException && cursor !== undefined
          ? new LogCursorError(cursor)
          : error;
      });
    const next = nextForwardToken ?? cursor ?? START_CURSOR;
    const isEnd = next === (cursor ?? START_CURSOR);
    cursor = next;
    if (events.length === 0 && !isEnd && page < MAX_EMPTY_PAGES) continue;
    const lines = events.map(({ timestamp, message = '' }) => ({
      at: timestamp ?? null,
      text: message.replace(/\r?\n$/, ''),
    }));
    return { lines, next };
  }
}

/** The position of a page relative to the lines of the attempt. */
const PLACES = { before: '<', inside: '=', after: '>' } as const;
type Place = keyof typeof PLACES;

async function readContainer(
  options: StepLogsOptions,
  stream: string,
  { from, limit }: LogPosition,
): Promise<LogPage> {
  if (from?.startsWith(PLACES.after) === true) return emptyPage(from);
  const { lines, next } = await readStream(
    options,
    { logGroupName: options.group, logStreamName: stream },
    from,
    limit,
  );
  const last = lastLogLine(stream);
  const end = lines.findIndex(({ text }) => text.endsWith(last));
  if (end === -1) return { lines, next, more: lines.length > 0, complete: false };
  // The step's own last line may have no line end.
  const unended = lines.slice(end, end + 1).map((line) => ({
    ...line,
    text: line.text.slice(0, -last.length),
  }));
  return {
    lines: [...lines.slice(0, end), ...unended.filter(({ text }) => text !== '')],
    next: `${PLACES.after}${next}`,
    more: false,
    complete: true,
  };
}

const emptyPage = (next: string): LogPage => ({ lines: [], next, more: false, complete: true });

async function readInvocation(
  options: StepLogsOptions,
  { group, stream, request, startedAt }: InvocationLog,
  { from, limit }: LogPosition,
): Promise<LogPage> {
  const read = from === null ? { place: 'before' as Place, cursor: null } : readCursor(from);
  if (read.place === 'after') return emptyPage(from ?? '');
  const page = await readStream(
    options,
    { logGroupName: group, logStreamName: stream, startTime: startedAt - CLOCK_MARGIN_MS },
    read.cursor,
    limit,
  );
  let place: Place = read.place;
  const lines: LogLine[] = [];
  for (const line of page.lines) {
    if (place === 'before' && line.text.startsWith(`START RequestId: ${request}`)) place = 'inside';
    else if (place === 'inside' && line.text.startsWith(`END RequestId: ${request}`))
      place = 'after';
    else if (place === 'inside') lines.push(line);
  }
  return {
    lines,
    next: `${PLACES[place]}${page.next}`,
    more: page.lines.length > 0 && place !== 'after',
    complete: place === 'after',
  };
}

/** @throws LogCursorError */
function readCursor(text: string): { readonly place: Place; readonly cursor: string } {
  for (const place of ['before', 'inside', 'after'] as const)
    if (text.startsWith(PLACES[place])) return { place, cursor: text.slice(1) };
  throw new LogCursorError(text);
}
