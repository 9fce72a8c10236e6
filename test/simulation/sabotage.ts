/**
 * Bugs that are planted between a controller and its ports. Each must violate a rule: they prove
 * that the simulation can fail.
 *
 * @module
 */
import {
  callsIn,
  heldCount,
  type LimitParty,
  withoutParties,
} from '../../src/model/limit-state.ts';
import type { Step } from '../../src/model/step.ts';
import type { Commit } from '../../src/ports/tasks.ts';
import { CHILD_RUN_BUGS } from './child-run-bugs.ts';
import type { Ports } from './engine.ts';
import { type PlantedBug, withMethods } from './planted-bug.ts';
import type { Sabotage } from './simulated-world.ts';

/** Changes the commits of the controller before they are written. */
const changingCommits =
  (change: (commit: Commit, before: ReadonlyMap<number, Step>) => Commit): Sabotage =>
  (ports, world) => ({
    ...ports,
    tasks: withMethods(ports.tasks, {
      commit: (run, commit) =>
        ports.tasks.commit(run, change(commit, world.runs.get(run)?.steps ?? new Map())),
    }),
  });

const lastAttempt = (step: Step, change: Partial<Step['attempts'][number]>): Step => ({
  ...step,
  attempts: step.attempts.map((attempt, n) =>
    n === step.attempts.length - 1 ? { ...attempt, ...change } : attempt,
  ),
});

function launchingBeforeWriting(ports: Ports): Ports {
  let pendingWrite: (() => Promise<void>) | undefined;
  return {
    ...ports,
    tasks: withMethods(ports.tasks, {
      commit: async (run, commit) => {
        if (commit.groups.length === 0) return ports.tasks.commit(run, commit);
        pendingWrite = () => ports.tasks.commit(run, commit);
      },
    }),
    jobs: withMethods(ports.jobs, {
      submit: async (group) => {
        await ports.jobs.submit(group);
        const write = pendingWrite;
        pendingWrite = undefined;
        await write?.();
      },
    }),
  };
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a parent is counted twice',
    rules: ['5 unmetParents equals its recount'],
    plant: changingCommits((commit, before) => ({
      ...commit,
      changed: commit.changed.map((step) =>
        step.unmetParents > 0 && step.unmetParents < (before.get(step.call)?.unmetParents ?? 0)
          ? { ...step, unmetParents: step.unmetParents - 1 }
          : step,
      ),
    })),
  },
  {
    name: 'a counter of the run drifts',
    rules: ['5 head.unfinishedSteps equals its recount'],
    plant: changingCommits((commit) => ({
      ...commit,
      head: { ...commit.head, unfinishedSteps: commit.head.unfinishedSteps + 1 },
    })),
  },
  {
    name: 'a group is launched before it is written',
    rules: ['2 write, then launch'],
    plant: launchingBeforeWriting,
  },
  {
    name: 'the mark of a group that was not launched is lost',
    rules: [
      '2 fixed groups are launched',
      'the outcome of an attempt follows its fate',
      'every run ends',
      'every world ends',
    ],
    plant: (ports) => ({
      ...ports,
      jobs: withMethods(ports.jobs, { submit: async () => undefined }),
    }),
  },
  {
    name: 'the last sender owns the attempt',
    rules: ['3 one winner per attempt'],
    plant: changingCommits((commit, before) => ({
      ...commit,
      changed: commit.changed.map((step) =>
        before.get(step.call)?.attempts.at(-1)?.owner === undefined
          ? step
          : lastAttempt(step, { owner: 'another job' }),
      ),
    })),
  },
  {
    name: 'the clock of the history decreases',
    rules: ['times of the history do not decrease'],
    plant: changingCommits((commit) => ({
      ...commit,
      events: commit.events.map((event) => ({
        ...event,
        at: event.at - commit.head.eventCount * 10_000,
      })),
    })),
  },
  {
    name: 'a call loses the large parts of its arguments',
    rules: ['a call has the arguments of the plain run', 'a value is what its component computes'],
    plant: changingCommits((commit) => ({
      ...commit,
      created: commit.created.map((step) => ({
        ...step,
        args: { data: step.args.data, refs: step.args.refs },
      })),
    })),
  },
  {
    name: 'a completed step loses its value',
    rules: [
      '1 a value is never replaced',
      '1 completed has values',
      'a value is what its component computes',
      'a call has the arguments of the plain run',
    ],
    plant: changingCommits((commit) => ({
      ...commit,
      changed: commit.changed.map((step) =>
        step.values === null
          ? step
          : { ...step, values: step.values.map(() => ({ format: 'json' as const, text: '-1' })) },
      ),
    })),
  },
  {
    name: 'a complete step runs again',
    rules: [
      '1 step moves',
      '1 a recorded step does not change',
      'recorded steps and history agree',
    ],
    plant: changingCommits((commit, before) => {
      const completed = [...before.values()].find(
        (step) =>
          step.status === 'completed' && !commit.changed.some((other) => other.call === step.call),
      );
      return completed === undefined
        ? commit
        : {
            ...commit,
            changed: [...commit.changed, { ...completed, status: 'pending', waitingFor: 'none' }],
          };
    }),
  },
  {
    name: 'a lease is never released',
    rules: ['cache: no lease outlives its run', 'every world ends', 'every run ends'],
    plant: (ports) => ({
      ...ports,
      cache: withMethods(ports.cache, { publish: async () => [], release: async () => [] }),
    }),
  },
  {
    name: 'two steps can hold one lease',
    rules: ['cache: one execution per key'],
    plant: (ports) => ({
      ...ports,
      cache: withMethods(ports.cache, { acquire: async () => ({ held: true }) }),
    }),
  },
  {
    name: 'a slot of a limit is never released',
    rules: [
      'limits: no slot outlives its run',
      'limits: never more steps than the limit',
      'every world ends',
      'every run ends',
    ],
    plant: (ports) => ({
      ...ports,
      limits: withMethods(ports.limits, {
        write: async (key, state, version) => {
          const held = (await ports.limits.read(key))?.state;
          const isRelease =
            held !== undefined && (state === undefined || heldCount(state) < heldCount(held));
          return isRelease || ports.limits.write(key, state, version);
        },
      }),
    }),
  },
  {
    name: 'concurrent acquisitions of a limit are not noticed',
    rules: ['limits: never more steps than the limit'],
    plant: (ports) => ({
      ...ports,
      limits: withMethods(ports.limits, { read: async () => undefined, write: async () => true }),
    }),
  },
  {
    name: 'a slot is released before the step is recorded as complete',
    rules: ['limits: never more steps than the limit'],
    plant: (ports, world) => ({
      ...ports,
      limits: withMethods(ports.limits, {
        read: async (key) => {
          const stored = await ports.limits.read(key);
          const running = (party: LimitParty): boolean =>
            world.runs.get(party.run)?.steps.get(party.call)?.status === 'running';
          if (stored === undefined) return undefined;
          const parties = stored.state.held.flatMap(({ run, calls }) =>
            callsIn(calls).map((call) => ({ run, call })),
          );
          return { ...stored, state: withoutParties(stored.state, parties.filter(running)) };
        },
      }),
    }),
  },
  {
    name: 'all tokens are equal',
    rules: [
      'a value is what its component computes',
      'the plain run makes the same calls',
      'the outcome of an attempt follows its fate',
      'the logic completes as in the plain run',
    ],
    plant: (ports) => ({ ...ports, token: () => 'wrong' }),
  },
  {
    name: 'timers are not set',
    rules: ['every run ends'],
    plant: changingCommits((commit) => ({
      ...commit,
      timers: { set: [], clear: commit.timers.clear },
    })),
  },
  {
    name: 'every turn reads all steps',
    rules: ['5 constant cost per transition'],
    plant: (ports) => ({
      ...ports,
      tasks: withMethods(ports.tasks, {
        steps: async (run, calls) => {
          await ports.tasks.steps(run, await ports.tasks.calls(run, -1, 10_000));
          return ports.tasks.steps(run, calls);
        },
      }),
    }),
  },
  {
    name: 'the history contains wrong events',
    rules: [
      'a value is what its component computes',
      'the plain run makes the same calls',
      'the result is that of the plain run',
      'the logic completes as in the plain run',
    ],
    plant: changingCommits((commit) => ({
      ...commit,
      events: commit.events.map((event) =>
        event.kind === 'completed'
          ? { kind: 'skipped', at: event.at, call: event.call, step: 'any', cause: null }
          : event,
      ),
    })),
  },
  {
    name: 'a failed write is ignored',
    rules: ['a controller stops when its ports fail', 'every run ends', 'every world ends'],
    plant: (ports) => ({
      ...ports,
      transitions: withMethods(ports.transitions, { send: async () => undefined }),
      tasks: withMethods(ports.tasks, { commit: async () => undefined }),
    }),
  },
  {
    name: 'the answer of a replaced process is accepted',
    rules: [
      'the logic completes as in the plain run',
      'a run fails for a reason',
      'the result is that of the plain run',
      'a replay issues the recorded commands',
      'every world ends',
      'nothing throws',
    ],
    plant: (ports, { storage }) => ({
      ...ports,
      objects: withMethods(ports.objects, {
        get: (key, maxBytes) => {
          const [folder, answerName] = key.split(/(?<=\/answers\/)\d+\.\d+\.[^/]+\//);
          const olderKey =
            answerName === undefined
              ? undefined
              : storage.objects
                  .keys()
                  .find((one) => one.startsWith(folder ?? '') && one.endsWith(`/${answerName}`));
          return ports.objects.get(olderKey ?? key, maxBytes);
        },
      }),
    }),
  },
  ...CHILD_RUN_BUGS,
];
