/**
 * Logs of steps in CloudWatch: a stream an attempt, in the one group of the deployment.
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

/** CloudWatch may answer with nothing although there is more behind it. */
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

/** The place of a stream that is not there yet. */
const START_CURSOR = 'beginning';
