/**
 * Reads the logs of steps from CloudWatch: one stream for each attempt, in the log group of the
 * deployment.
 *
 * @module
 */
import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { LogCursorError, type Logs } from '../../ports/logs.ts';

/** CloudWatch may return an empty page although more lines follow. */
const MAX_EMPTY_PAGES = 5;

export function createStepLogs({
  client,
  group,
}: {
  readonly client: CloudWatchLogsClient;
  readonly group: string;
}): Logs {
  return {
    async read(stream, { from, limit }) {
      let cursor = from ?? undefined;
      for (let page = 0; ; page += 1) {
        const { events = [], nextForwardToken } = await client
          .send(
            new GetLogEventsCommand({
              logGroupName: group,
              logStreamName: stream,
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
        return { lines, next, more: events.length > 0 };
      }
    },
  };
}

/** The cursor of a stream that does not exist yet. */
const START_CURSOR = 'start';
