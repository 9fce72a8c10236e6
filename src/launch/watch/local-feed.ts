/**
 * Reads a run of this machine that another process executes from the records of its home.
 *
 * @module
 */
import { createFileLogs } from '../../local/file-logs.ts';
import type { RunId } from '../../model/ids.ts';
import { isTerminalAttempt, type Step } from '../../model/step.ts';
import type { LimitWaits } from '../../ports/limit-waits.ts';
import type { Liveness } from '../../ports/liveness.ts';
import { searchLog } from '../../ports/log-search.ts';
import type { RunQueries, Tasks } from '../../ports/tasks.ts';
import { recordedProgress } from '../../view/child-progress.ts';
import { waitingText } from '../../view/waiting-text.ts';
import { NotFoundError } from '../errors.ts';
import type { FeedPace, FeedPage, LogReader, RunFeed } from './run-feed.ts';

const PAGE_STEPS = 500;
const PAGE_LINES = 1000;

/** Records of a home are read in less than a millisecond. */
export const LOCAL_PACE: FeedPace = { runMs: 150, textsMs: 0, logMs: [150, 150] };

export interface FeedRecords {
  readonly tasks: Pick<Tasks, 'run' | 'steps'>;
  readonly queries: Pick<RunQueries, 'allSteps' | 'runTexts'>;
  readonly owners: Liveness;
  readonly reported: RunFeed['reported'];
  readonly limitWaits: () => LimitWaits;
}

export function localFeed(home: string, records: FeedRecords, id: RunId): RunFeed {
  return {
    id,
    pace: LOCAL_PACE,
    async run() {
      const run = await records.tasks.run(id);
      if (run === undefined) throw new NotFoundError(`run ${id} was removed`);
      return {
        item: run,
        revision: run.head.revision,
        awaitedSignals: run.head.signals?.awaited ?? [],
      };
    },
    async steps(cursor) {
      const after = Number(cursor ?? 0);
      const steps = await records.queries.allSteps(id, PAGE_STEPS + 1, after);
      const waits = records.limitWaits();
      return pageOf(
        await Promise.all(
          steps.map(async (step) => ({
            ...step,
            waitingReason: await waitingText(waits, id, step),
          })),
        ),
        after,
        PAGE_STEPS,
      );
    },
    async texts(cursor) {
      const after = Number(cursor ?? 0);
      return pageOf((await records.queries.runTexts(id)).slice(after), after, PAGE_LINES);
    },
    log: localLogs(home, records.tasks, id, () => records.owners.isAlive(id)).read,
    reported: records.reported,
    childProgress: recordedProgress(records.tasks),
    isAlive: () => records.owners.isAlive(id),
  };
}

export interface LocalLogs {
  readonly read: LogReader;
  /** The records are closed: logs that were read before are read to their ends. */
  closeRecords(): void;
}

/**
 * Reads the logs of a run in the files of the home.
 *
 * @param isAlive whether a process executes the run: when it has exited, each log has ended
 */
export function localLogs(
  home: string,
  tasks: { steps(run: RunId, calls: readonly number[]): Promise<readonly Step[]> },
  id: RunId,
  isAlive: () => Promise<boolean> = async () => true,
): LocalLogs {
  const logs = createFileLogs(home);
  const streams = new Map<string, string | undefined>();
  let hasRecords = true;
  /** The stream of an attempt, and whether the attempt has ended. */
  const streamOf = async (call: number, number: number) => {
    const key = `${call} ${number}`;
    if (!hasRecords) return { stream: streams.get(key), ended: true };
    const hasExited = !(await isAlive());
    const [step] = await tasks.steps(id, [call]);
    const attempt = step?.attempts.find((each) => each.number === number);
    if (attempt !== undefined) streams.set(key, attempt.logStream);
    // A resume that cuts the history removes attempts.
    const ended = hasExited || attempt === undefined || isTerminalAttempt(attempt);
    return { stream: streams.get(key), ended };
  };
  return {
    async read(call, number, cursor, { direction, search, limit = PAGE_LINES } = {}) {
      const { stream, ended } = await streamOf(call, number);
      if (stream === undefined)
        return { lines: [], next: cursor ?? '0', hasMore: false, complete: ended };
      const page = { from: cursor ?? null, direction, limit: Math.min(limit, PAGE_LINES), ended };
      const found = await searchLog(logs, stream, page, { search });
      const { lines, next, previous, more, complete } = found;
      return { lines, next, previous, hasMore: more, complete };
    },
    closeRecords() {
      hasRecords = false;
    },
  };
}

function pageOf<T>(found: readonly T[], after: number, limit: number): FeedPage<T> {
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? String(after + items.length) : null };
}
