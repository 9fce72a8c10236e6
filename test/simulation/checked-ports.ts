/**
 * The stores with checks. Each commit is checked against the mirror, then applied to the store and
 * to the mirror. Each record that is read is counted.
 *
 * Calls pass the gates of the processes first, so the checks observe only calls that have an
 * effect.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { Run } from '../../src/model/run.ts';
import type { Cache, LeaseParty } from '../../src/ports/cache.ts';
import type { RunQueries, Tasks } from '../../src/ports/tasks.ts';
import { checkCommit } from './commit-rules.ts';
import { applyCommit, applyCut, type MirroredRun, markKeptCalls } from './mirror.ts';
import { type CostTally, checkLeases, checkLimits, checkRun } from './run-rules.ts';

export interface CheckContext {
  readonly runs: ReadonlyMap<RunId, MirroredRun>;
  isLaunched(group: string): boolean;
  /** No controller has hung, so each run is handled by one controller at a time. */
  isExclusive(): boolean;
  onCreated(run: Run): void;
  onCommitted(run: MirroredRun): void;
  /** The party released a lease that the record of its step still shows. */
  isReleased(party: LeaseParty): boolean;
  /** Makes a check. A violation stops the world, even if the controller catches the error. */
  check(act: () => void): void;
}

/**
 * The cache. `released` contains the parties that released their lease and did not acquire another
 * one.
 */
export function checkedCache(cache: Cache, released: Set<string>): Cache {
  return {
    entry: (key) => cache.entry(key),
    removeEntry: (key) => cache.removeEntry(key),
    entries: (filter) => cache.entries(filter),
    holder: (key) => cache.holder(key),
    clear: (filter) => cache.clear(filter),
    stopWaiting: (key, waiter) => cache.stopWaiting(key, waiter),
    async acquire(key, party) {
      const lease = await cache.acquire(key, party);
      if (lease.held) released.delete(partyKey(party));
      return lease;
    },
    async takeOver(key, from, party) {
      const isHolder = await cache.takeOver(key, from, party);
      if (isHolder) released.delete(partyKey(party));
      return isHolder;
    },
    async release(key, party) {
      released.add(partyKey(party));
      return cache.release(key, party);
    },
    async publish(entry, party) {
      released.add(partyKey(party));
      return cache.publish(entry, party);
    },
  };
}

export const partyKey = ({ run, call }: LeaseParty): string => `${run} ${call}`;

/** Reads of the history are not counted: a replay may start at any event. */
const COUNTED_READS = new Set([
  'run',
  'steps',
  'component',
  'children',
  'parents',
  'callsNamed',
  'unfinishedCalls',
  'calls',
  'group',
  'findArchivedStep',
]);

export function checkedTasks(
  tasks: Tasks & RunQueries,
  context: CheckContext,
  tally: () => CostTally,
): Tasks & RunQueries {
  const known = (id: RunId): MirroredRun => {
    const run = context.runs.get(id);
    if (run === undefined) throw new RangeError(`the world has no run ${id}`);
    return run;
  };
  const overrides: Partial<Tasks> = {
    async createRun(info, head) {
      const run = await tasks.createRun(info, head);
      if (!context.runs.has(info.id)) context.onCreated(run);
      return run;
    },
    async commit(id, commit) {
      const run = known(id);
      if (commit.head.revision === run.head.revision + 1) {
        context.check(() => checkCommit(run, commit, context.isLaunched));
        const edges =
          commit.edges.length +
          commit.events.reduce(
            (sum, event) => sum + ('call' in event ? (run.children.get(event.call) ?? 0) : 0),
            0,
          );
        tally().work += edges + commit.events.length + commit.signatures.length;
        tally().writes +=
          commit.created.length +
          commit.changed.length +
          commit.edges.length +
          commit.events.length +
          commit.signatures.length +
          commit.groups.length;
      }
      await tasks.commit(id, commit);
      applyCommit(run, commit);
      context.check(() => {
        checkRun(run);
        if (!context.isExclusive()) return;
        checkLeases(context.runs.values(), context.isReleased);
        checkLimits(context.runs.values());
      });
      context.onCommitted(run);
    },
    async rewind(id, cut, commit) {
      await tasks.rewind(id, cut, commit);
      const run = known(id);
      applyCut(run, cut, commit.head.revision);
      applyCommit(run, commit);
      markKeptCalls(run);
      context.check(() => checkRun(run));
      context.onCommitted(run);
    },
    async archive(id, from, steps) {
      await tasks.archive(id, from, steps);
      const run = known(id);
      for (const step of steps)
        if (!run.archived.has(`0.${step.call}`)) run.archived.set(`0.${step.call}`, step);
    },
  };
  return new Proxy(tasks, {
    get: (target, key) => {
      const override: unknown = Reflect.get(overrides, key);
      if (override !== undefined) return override;
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      if (!COUNTED_READS.has(String(key))) return member.bind(target);
      return async (...args: unknown[]) => {
        const records: unknown = await Reflect.apply(member, target, args);
        tally().reads += Array.isArray(records) ? records.length : 1;
        return records;
      };
    },
  });
}
