/**
 * The load of queues: how many steps run and wait in each, and which runs wait. Only views read it;
 * no decision of the engine depends on it.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';

export interface QueueLoad {
  readonly running: number;
  /** Their machine or container is being started. */
  readonly starting: number;
  readonly waiting: number;
  /** Since when the first of these waits; null: none waits. */
  readonly waitingSince: number | null;
  /** Null: unknown. `used` is null if only the limit is known. */
  readonly vcpus: { readonly used: number | null; readonly max: number } | null;
  /** The queue has more steps than were counted. */
  readonly partial: boolean;
  readonly measuredAt: number;
}

/** The steps of one run that wait in a queue. */
export interface QueueWaiter {
  readonly run: RunId;
  readonly waiting: number;
  /** Since when the first of these waits. */
  readonly since: number;
}

export interface QueueWaiters {
  /** At most 100 runs, the one that waits longest first. */
  readonly items: readonly QueueWaiter[];
  /** More runs or steps wait than were counted. */
  readonly partial: boolean;
  readonly measuredAt: number;
}

/** Runs in a list of those that wait. */
const MAX_QUEUE_WAITERS = 100;

export interface QueueLoads {
  /** The loads of these queues by name, without those that are unknown. @throws QueuesBusyError */
  loads(queues: readonly string[]): Promise<ReadonlyMap<string, QueueLoad>>;
  /** The runs that wait in a queue; undefined if they are unknown. @throws QueuesBusyError */
  waiters(queue: string): Promise<QueueWaiters | undefined>;
}

/** Adds up the waiting steps of each run. A run may be in the list several times. */
export function waitersOf(
  waiting: readonly QueueWaiter[],
): Pick<QueueWaiters, 'items' | 'partial'> {
  const byRun = new Map<RunId, QueueWaiter>();
  for (const { run, waiting: count, since } of waiting) {
    const known = byRun.get(run);
    byRun.set(run, {
      run,
      waiting: (known?.waiting ?? 0) + count,
      since: Math.min(known?.since ?? since, since),
    });
  }
  const items = [...byRun.values()].sort((a, b) => a.since - b.since || (a.run < b.run ? -1 : 1));
  return { items: items.slice(0, MAX_QUEUE_WAITERS), partial: items.length > MAX_QUEUE_WAITERS };
}

/** The service that executes steps refuses reads for the moment. */
export class QueuesBusyError extends HeadraceError {
  constructor(
    readonly retryAfterSeconds: number,
    options?: ErrorOptions,
  ) {
    super(
      `the load of the queues cannot be read for the moment: try again in ${retryAfterSeconds} s`,
    );
    if (options !== undefined) this.cause = options.cause;
  }
}
