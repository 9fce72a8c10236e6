/**
 * Reads a run from an API, so that it can be watched.
 *
 * @module
 */
import type { Client } from '../../client/client.ts';
import { runIdSchema } from '../../model/ids.ts';
import type { RunFeed } from '../watch/run-feed.ts';
import { remoteProgress } from './remote-progress.ts';
import {
  MAX_API_PAGE_ITEMS,
  RemoteSource,
  toRunListItem,
  toStepViewModel,
} from './remote-source.ts';
import { RunFollower } from './run-follower.ts';

/** The most lines that the API returns on one page of a log. */
const MAX_API_LOG_LINES = 5000;

/** A server on this machine answers in milliseconds, and its requests cost nothing. */
const LOCAL_PACE = { runMs: 500 };
const REMOTE_PACE = { runMs: 2000, idleMs: 15_000 };

export function remoteFeed(client: Client, id: string): RunFeed {
  const follower = new RunFollower(client, id);
  const pageAt = (cursor: string | undefined) => ({
    limit: MAX_API_PAGE_ITEMS,
    ...(cursor === undefined ? {} : { cursor }),
  });
  /** An older API has short pages of logs, and lines without positions. */
  let hasLongPages = false;
  return {
    id: runIdSchema.parse(id),
    pace: { ...(client.isLocal ? LOCAL_PACE : REMOTE_PACE), textsMs: 3000, logMs: [1000, 5000] },
    async run() {
      const { run, changed } = await follower.read();
      return {
        item: toRunListItem(run),
        revision: run.revision,
        awaitedSignals: run.waitsForSignals,
        changedCalls: changed,
      };
    },
    async steps(cursor) {
      const { items, next } = await client.steps(id, pageAt(cursor));
      return { items: items.map(toStepViewModel), next };
    },
    async texts(cursor) {
      const { items, next } = await client.runTexts(id, pageAt(cursor));
      return { items: items.map(({ text, at }) => ({ text, at: Date.parse(at) })), next };
    },
    async log(call, attempt, cursor, { direction, search, limit } = {}) {
      const { lines, ...page } = await client.logs(id, call, {
        limit: Math.min(
          limit ?? MAX_API_LOG_LINES,
          hasLongPages || direction !== undefined ? MAX_API_LOG_LINES : MAX_API_PAGE_ITEMS,
        ),
        ...(cursor === undefined ? { attempt } : { cursor }),
        ...(cursor === undefined && direction !== undefined ? { from: 'end' as const } : {}),
        ...(cursor !== undefined && direction !== undefined ? { direction } : {}),
        ...(search === undefined ? {} : { search }),
      });
      hasLongPages ||= lines.some(({ position }) => position !== '');
      return {
        ...page,
        lines: lines.map(({ at, ...line }) => ({
          ...line,
          at: at === null ? null : Date.parse(at),
        })),
      };
    },
    reported: new RemoteSource(client, { metrics: false }).reported,
    childProgress: (run) => remoteProgress(client, run),
    // Behind an API, each process that receives the messages of a run moves it.
    isAlive: async () => true,
  };
}
