/**
 * `GetLogEvents` in memory: pages by tokens in both directions, times, and its limits.
 *
 * @module
 */
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { vi } from 'vitest';

export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

export interface CloudWatch {
  readonly client: CloudWatchLogsClient;
  /** Undefined: the stream does not exist. */
  events: LogEvent[] | undefined;
  readonly inputs: GetLogEventsCommand['input'][];
  /** Each n-th response is empty although events follow. */
  emptyEvery?: number;
}

const MAX_BYTES = 1_048_576;

export function createCloudWatch(events: LogEvent[] | undefined): CloudWatch {
  const client = new CloudWatchLogsClient({ region: 'eu-west-1' });
  const cloudWatch: CloudWatch = { client, events, inputs: [] };
  let responses = 0;
  vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
    if (!(command instanceof GetLogEventsCommand)) throw new Error('unexpected command');
    const { input } = command;
    const { nextToken, limit = 10_000, startFromHead = false, startTime, endTime } = input;
    cloudWatch.inputs.push(input);
    if (cloudWatch.events === undefined)
      throw new ResourceNotFoundException({ message: '', $metadata: {} });
    if (limit < 1 || limit > 10_000)
      throw new InvalidParameterException({ message: 'limit', $metadata: {} });
    const found = cloudWatch.events
      .map((event, index) => ({ ...event, index }))
      .filter(({ timestamp }) => timestamp >= (startTime ?? 0))
      .filter(({ timestamp }) => timestamp < (endTime ?? Number.POSITIVE_INFINITY));
    responses += 1;
    const isEmpty = cloudWatch.emptyEvery !== undefined && responses % cloudWatch.emptyEvery === 0;
    const [, kind, at] = /^([fb])\/(\d+)$/.exec(nextToken ?? '') ?? [];
    if (nextToken !== undefined && at === undefined)
      throw new InvalidParameterException({ message: 'token', $metadata: {} });
    const first = found[0]?.index ?? cloudWatch.events.length;
    const end = (found.at(-1)?.index ?? first - 1) + 1;
    const isForward = kind === 'f' || (kind === undefined && startFromHead);
    let [from, to] = isForward
      ? [Number(at ?? first), Math.min(end, Number(at ?? first) + limit)]
      : [Math.max(first, Number(at ?? end) - limit), Number(at ?? end)];
    const size = () =>
      (cloudWatch.events ?? [])
        .slice(from, to)
        .reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0);
    while (to - from > 1 && size() > MAX_BYTES)
      if (isForward) to -= 1;
      else from += 1;
    if (isEmpty)
      if (isForward) to = from;
      else from = to;
    return {
      events: cloudWatch.events.slice(from, to),
      nextForwardToken: `f/${to}`,
      nextBackwardToken: `b/${from}`,
    };
  });
  return cloudWatch;
}
