/**
 * The ports of a simulated process: the stores of the world with checks, behind the gate of the
 * process.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { Run } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { MemoryStorage } from '../conformance/memory.ts';
import { checkedCache, checkedTasks, partyKey } from './checked-ports.ts';
import type { WorldChildRuns } from './child-launches.ts';
import type { Ports } from './engine.ts';
import type { SimulatedJobs } from './jobs.ts';
import type { MirroredRun } from './mirror.ts';
import type { CallFault, ProcessLife } from './processes.ts';
import type { CostTally } from './run-rules.ts';

export interface WorldPortsContext {
  readonly runs: ReadonlyMap<RunId, MirroredRun>;
  readonly storage: MemoryStorage;
  readonly jobs: SimulatedJobs;
  readonly childRuns: WorldChildRuns;
  now(): number;
  send(transition: Transition): void;
  /** The cost of the batch that is being handled. */
  tally(): CostTally;
  /** No controller has hung, so each run is handled by one controller at a time. */
  isExclusive(): boolean;
  onCreated(run: Run): void;
  onCommitted(run: MirroredRun): void;
  check(act: () => void): void;
}

export class WorldPorts {
  readonly #context: WorldPortsContext;
  /** Parties that released their lease. */
  readonly #releasedLeases = new Set<string>();

  constructor(context: WorldPortsContext) {
    this.#context = context;
  }

  /** @param skewMs the difference of the process's clock */
  of(life: ProcessLife, skewMs: number): Ports {
    const { storage, jobs, childRuns, now, send, tally } = this.#context;
    const tasks = checkedTasks(
      storage.tasks,
      {
        ...this.#context,
        isLaunched: (group) => jobs.wasSubmitted(group) || childRuns.wasLaunched(group),
        isReleased: (party) => this.#releasedLeases.has(partyKey(party)),
      },
      tally,
    );
    return {
      tasks: life.guard('tasks', tasks),
      cache: life.guard('cache', checkedCache(storage.cache, this.#releasedLeases)),
      limits: life.guard('limits', storage.limits),
      objects: life.guard('objects', storage.objects),
      jobs: life.guard<Ports['jobs']>('jobs', jobs, ['findsJobs', 'reportsTermination']),
      transitions: life.guard('transitions', {
        send: async (transitions: readonly Transition[]) => {
          for (const transition of transitions) send(transition);
        },
      }),
      events: life.guard('events', { publish: async () => undefined }),
      liveness: life.guard('liveness', { isAlive: async () => true }),
      models: life.guard('models', storage.models),
      removal: life.guard('removal', storage.tasks),
      clock: { now: () => now() + skewMs },
      token: (jobName) => `token of ${jobName}`,
    };
  }
}

/** The gate of a process without faults. */
export const FAULT_FREE_GATE = {
  faultOf: (): CallFault => 'nothing',
  turn: () => undefined,
  onCrash: () => undefined,
};
