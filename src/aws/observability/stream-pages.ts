/**
 * Reads the events of one stream of CloudWatch in pages, forwards and backwards.
 *
 * 1. A position is a time and the number of events of that millisecond before it: CloudWatch numbers
 *    no events, and its tokens expire after a day. An event keeps its position, because events of a
 *    stream are appended.
 * 2. A page that is read backwards starts with the first event of a millisecond, whose number is
 *    known. It may therefore have some events less than requested.
 *
 * @module
 */
import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { LogsBusyError, MAX_LOG_PAGE_BYTES } from '../../ports/logs.ts';
import { isThrottling } from '../temporary-refusals.ts';

/** CloudWatch may return an empty page although more events follow. */
const MAX_EMPTY_PAGES = 10;
/** The most events of one response. */
export const MAX_STREAM_EVENTS = 10_000;
/** A response with more text than this may be cut by CloudWatch, which returns 1 MB. */
const FULL_RESPONSE_BYTES = 0.7 * MAX_LOG_PAGE_BYTES;
/** The quota is some 25 requests a second in a region. */
const RETRY_AFTER_SECONDS = 2;

export interface StreamLocation {
  readonly client: CloudWatchLogsClient;
  readonly group: string;
  readonly stream: string;
  /** Earlier events are of no interest. */
  readonly startTime?: number | undefined;
  /** Later events are of no interest. */
  readonly endTime?: number | undefined;
}

/** Before the event with this number of the millisecond `at`. */
export interface StreamPosition {
  readonly at: number;
  readonly index: number;
}

export interface StreamEvent extends StreamPosition {
  readonly text: string;
}

export interface StreamPage {
  readonly events: readonly StreamEvent[];
  /** Forwards: no event follows. Backwards: no event precedes. */
  readonly isEnd: boolean;
}

export const positionText = ({ at, index }: StreamPosition): string => `${at}.${index}`;

/** Undefined for a text that is no position. */
export function parsePosition(text: string): StreamPosition | undefined {
  const [, at, index] = /^(\d{1,15})\.(\d{1,9})$/.exec(text) ?? [];
  return at === undefined || index === undefined
    ? undefined
    : { at: Number(at), index: Number(index) };
}

/** The events from a position on; null: from the start. */
export async function readForward(
  location: StreamLocation,
  from: StreamPosition | null,
  limit: number,
): Promise<StreamPage> {
  const skipped = from?.index ?? 0;
  const startTime = from === null ? location.startTime : from.at;
  const numbered = createNumbering();
  const events: StreamEvent[] = [];
  let token: string | undefined;
  for (let emptyPages = 0; emptyPages <= MAX_EMPTY_PAGES; ) {
    const page = await request(location, {
      startFromHead: true,
      startTime,
      endTime: location.endTime,
      limit: Math.min(MAX_STREAM_EVENTS, limit + skipped),
      nextToken: token,
    });
    const isEnd = page.forwardToken === undefined || page.forwardToken === token;
    const found = page.events.map(numbered);
    events.push(
      ...found.filter(({ at, index }) => from === null || at !== from.at || index >= from.index),
    );
    if (events.length > 0 || isEnd)
      return { events: events.slice(0, limit), isEnd: isEnd && events.length === 0 };
    if (found.length === 0) emptyPages += 1;
    token = page.forwardToken;
  }
  return { events, isEnd: true };
}

/** The events before a position; null: the last ones. */
export async function readBackward(
  location: StreamLocation,
  to: StreamPosition | null,
  limit: number,
): Promise<StreamPage> {
  const sameTime =
    to === null || to.index === 0 ? [] : await readMillisecond(location, to.at, to.index);
  if (sameTime.length >= limit) return { events: sameTime.slice(-limit), isEnd: false };
  const endTime = to === null ? location.endTime : to.at;
  const wanted = Math.min(MAX_STREAM_EVENTS, limit - sameTime.length + 1);
  let found: FoundEvent[] = [];
  let token: string | undefined;
  let isStart = false;
  for (let emptyPages = 0; found.length < wanted && emptyPages <= MAX_EMPTY_PAGES; ) {
    const page = await request(location, {
      startFromHead: false,
      startTime: location.startTime,
      endTime,
      limit: wanted - found.length,
      nextToken: token,
    });
    isStart = page.backwardToken === undefined || page.backwardToken === token;
    if (isStart) break;
    found = [...page.events, ...found];
    if (page.events.length === 0) emptyPages += 1;
    if (bytesOf(found) >= FULL_RESPONSE_BYTES) break;
    token = page.backwardToken;
  }
  const before = isStart ? found.map(createNumbering()) : await withoutPartial(location, found);
  const events = [...before, ...sameTime];
  return { events: events.slice(-limit), isEnd: isStart && events.length <= limit };
}

/** The events with their positions, without those of the first millisecond, unless all are of it (2). */
async function withoutPartial(
  location: StreamLocation,
  found: readonly FoundEvent[],
): Promise<readonly StreamEvent[]> {
  const [first] = found;
  if (first === undefined) return [];
  const whole = found.filter(({ at }) => at !== first.at);
  return whole.length > 0
    ? whole.map(createNumbering())
    : await readMillisecond(location, first.at, Number.POSITIVE_INFINITY);
}

/** The first events of a millisecond. */
async function readMillisecond(
  location: StreamLocation,
  at: number,
  count: number,
): Promise<readonly StreamEvent[]> {
  const numbered = createNumbering();
  const events: StreamEvent[] = [];
  let token: string | undefined;
  while (events.length < count) {
    const page = await request(location, {
      startFromHead: true,
      startTime: at,
      endTime: at + 1,
      limit: Math.min(MAX_STREAM_EVENTS, count - events.length),
      nextToken: token,
    });
    events.push(...page.events.map(numbered));
    if (page.forwardToken === undefined || page.forwardToken === token) break;
    token = page.forwardToken;
  }
  return events;
}

interface FoundEvent {
  readonly at: number;
  readonly text: string;
}

/** Numbers events from the first one of a millisecond on. */
function createNumbering(): (event: FoundEvent) => StreamEvent {
  let last = -1;
  let index = 0;
  return ({ at, text }) => {
    index = at === last ? index + 1 : 0;
    last = at;
    return { at, text, index };
  };
}

const bytesOf = (events: readonly FoundEvent[]): number =>
  events.reduce((sum, { text }) => sum + text.length + 26, 0);

async function request(
  { client, group, stream }: StreamLocation,
  input: {
    readonly startFromHead: boolean;
    readonly startTime: number | undefined;
    readonly endTime: number | undefined;
    readonly limit: number;
    readonly nextToken: string | undefined;
  },
) {
  try {
    const given = Object.fromEntries(
      Object.entries(input).filter(([, value]) => value !== undefined),
    );
    const {
      events = [],
      nextForwardToken,
      nextBackwardToken,
    } = await client.send(
      new GetLogEventsCommand({ ...given, logGroupName: group, logStreamName: stream }),
    );
    return {
      events: events.map(({ timestamp = 0, message = '' }) => ({
        at: timestamp,
        text: message.replace(/\r?\n$/, ''),
      })),
      forwardToken: nextForwardToken,
      backwardToken: nextBackwardToken,
    };
  } catch (error) {
    if (error instanceof ResourceNotFoundException)
      return { events: [], forwardToken: undefined, backwardToken: undefined };
    if (error instanceof Error && isThrottling(error))
      throw new LogsBusyError(RETRY_AFTER_SECONDS, { cause: error });
    throw error;
  }
}
