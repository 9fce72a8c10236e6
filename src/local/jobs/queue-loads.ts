/**
 * The load of this process's queues. Steps of runs that another process owns are not in it.
 *
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import { type QueueLoads, waitersOf } from '../../ports/queue-loads.ts';
import type { SubmittedGroups, SubmittedJob } from './submitted-groups.ts';

export interface LocalQueueLoads extends QueueLoads {
  /** The names of the queues in which steps run or wait. */
  busyQueues(): readonly string[];
}

export function createLocalQueueLoads(
  groups: Pick<SubmittedGroups, 'unfinished'>,
  clock: Clock,
): LocalQueueLoads {
  return {
    busyQueues: () => [...new Set(groups.unfinished().map(({ queue }) => queue))],
    async loads(queues) {
      const measuredAt = clock.now();
      const jobs = groups.unfinished();
      return new Map(
        queues.map((name) => {
          const own = jobs.filter(({ queue }) => queue === name);
          const waiting = own.filter(isWaiting);
          const load = {
            running: own.length - waiting.length,
            starting: 0,
            waiting: waiting.length,
            waitingSince: firstTimeOf(waiting),
            vcpus: null,
            partial: false,
            measuredAt,
          };
          return [name, load];
        }),
      );
    },
    async waiters(queue) {
      const waiting = groups.unfinished().filter((job) => job.queue === queue && isWaiting(job));
      return {
        ...waitersOf(
          waiting.map(({ spec, submittedAt }) => ({
            run: spec.run,
            waiting: 1,
            since: submittedAt,
          })),
        ),
        measuredAt: clock.now(),
      };
    },
  };
}

const isWaiting = ({ state }: SubmittedJob): boolean => state === 'waiting';

/** Null if there is no job. A spread of a long list into `Math.min` would exceed the stack. */
const firstTimeOf = (jobs: readonly SubmittedJob[]): number | null =>
  jobs.reduce<number | null>(
    (first, { submittedAt }) => (first === null || submittedAt < first ? submittedAt : first),
    null,
  );
