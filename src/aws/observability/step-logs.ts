/**
 * Reads the logs of steps from CloudWatch. A container has a stream of its own, in the log group of
 * the deployment. The environment of a function executes one step after the other into one stream,
 * where Lambda writes a line before and after each.
 *
 * @module
 */
import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { LogCursorError, type LogLine, type Logs } from '../../ports/logs.ts';
import { type InvocationLog, readInvocationLog } from './invocation-log.ts';

/** CloudWatch may return an empty page although more lines follow. */
const MAX_EMPTY_PAGES = 5;
/** The cursor of a stream that does not exist yet. */
const START_CURSOR = 'start';
/** The clocks of the function and of CloudWatch may differ. */
const CLOCK_MARGIN_MS = 60_000;

export interface StepLogsOptions {
  readonly client: CloudWatchLogsClient;
  /** The log group of containers. */
  readonly group: string;
}

interface StreamPage {
  readonly lines: readonly LogLine[];
  readonly next: string;
}

export const createStepLogs = (options: StepLogsOptions): Logs => ({
  async read(stream, { from, limit }) {
    const invocation = readInvocationLog(stream);
    if (invocation !== undefined) return readInvocation(options, invocation, from, limit);
    const { lines, next } = await readStream(
      options,
      { logGroupName: options.group, logStreamName: stream },
      from,
      limit,
    );
    return { lines, next, more: lines.length > 0 };
  },
});

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

/** The position of a page relative to the lines of the invocation. */
const PLACES = { before: '<', inside: '=', after: '>' } as const;
type Place = keyof typeof PLACES;

async function readInvocation(
  options: StepLogsOptions,
  { group, stream, request, startedAt }: InvocationLog,
  from: string | null,
  limit: number,
) {
  const read = from === null ? { place: 'before' as Place, cursor: null } : readCursor(from);
  if (read.place === 'after') return { lines: [], next: from ?? '', more: false };
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
  };
}

/** @throws LogCursorError */
function readCursor(text: string): { readonly place: Place; readonly cursor: string } {
  for (const place of ['before', 'inside', 'after'] as const)
    if (text.startsWith(PLACES[place])) return { place, cursor: text.slice(1) };
  throw new LogCursorError(text);
}
