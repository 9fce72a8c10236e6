/**
 * The stores, watched: every commit is checked against the mirror before it is taken and applied to it after, and every record that is read is counted.
 *
 * The watch stands behind the gates of the processes: it sees what has an effect, and nothing else.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { Run } from '../../src/model/run.ts';
import type { Cache, LeaseParty } from '../../src/ports/cache.ts';
import type { RunQueries, Tasks } from '../../src/ports/tasks.ts';
import type { CostTally } from './cost-rule.ts';
import { applyCommit, applyCut, markKeptCalls } from './mirror.ts';
import type { MirroredRun } from './mirrored-run.ts';
import { checkCommit, checkLeases, checkRun } from './rules.ts';

export interface CheckContext {
  readonly runs: ReadonlyMap<RunId, MirroredRun>;
  isLaunched(group: string): boolean;
  /** No controller hangs: each run has one at a time, as a message group sees to. */
  isExclusive(): boolean;
  /** A run was created. */
  onCreated(run: Run): void;
  /** A commit was taken. */
  onCommitted(run: MirroredRun): void;
  /** The party gave back a lease that its step's record still shows. */
  isReleased(party: LeaseParty): boolean;
  /** Runs a check; what it throws ends the world, whoever catches it on the way. */
  check(act: () => void): void;
}

/** The cache, watched: notes who gave a lease back, and forgets it when the party takes one again. */
export function checkedCache(cache: Cache, released: Set<string>): Cache {
  return {
    entry: (key) => cache.entry(key),
    removeEntry: (key) => cache.removeEntry(key),
    entries: (filter) => cache.entries(filter),
    clear: (filter) => cache.clear(filter),
    stopWaiting: (key, waiter) => cache.stopWaiting(key, waiter),
    async acquire(key, party) {
      const answer = await cache.acquire(key, party);
      if (answer.held) released.delete(partyKey(party));
      return answer;
    },
    async takeOver(key, from, party) {
      const taken = await cache.takeOver(key, from, party);
      if (taken) released.delete(partyKey(party));
      return taken;
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

/** Reads of the history belong to a replay, which may begin anywhere: they are not counted. */
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
  world: CheckContext,
  tally: () => CostTally,
): Tasks & RunQueries {
  const known = (id: RunId): MirroredRun => {
    const run = world.runs.get(id);
    if (run === undefined) throw new RangeError(`the world has no run ${id}`);
    return run;
  };
  const overrides: Partial<Tasks> = {
    async createRun(info, head) {
      const run = await tasks.createRun(info, head);
      if (!world.runs.has(info.id)) world.onCreated(run);
      return run;
    },
    async commit(id, commit) {
      const run = known(id);
      if (commit.head.revision === run.head.revision + 1) {
        world.check(() => checkCommit(run, commit, world.isLaunched));
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
      world.check(() => {
        checkRun(run);
        if (world.isExclusive()) checkLeases(world.runs.values(), world.isReleased);
      });
      world.onCommitted(run);
    },
    async rewind(id, cut, commit) {
      await tasks.rewind(id, cut, commit);
      const run = known(id);
      applyCut(run, cut, commit.head.revision);
      applyCommit(run, commit);
      markKeptCalls(run);
      world.check(() => checkRun(run));
      world.onCommitted(run);
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
        const answer: unknown = await Reflect.apply(member, target, args);
        tally().reads += Array.isArray(answer) ? answer.length : 1;
        return answer;
      };
    },
  });
}
