/**
 * The checks of runs and stores after a world has run.
 *
 * @module
 */
import { DEFAULT_SETTINGS } from '../../src/controller/context.ts';
import type { Point } from '../../src/model/artifacts.ts';
import { isTerminalRun } from '../../src/model/run.ts';
import type { Attempt, Step } from '../../src/model/step.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Tasks } from '../../src/ports/tasks.ts';
import type { MemoryStorage } from '../conformance/memory.ts';
import { type ChildRunsOfWorld, judgeParent } from './child-run-rules.ts';
import type { SimulatedJobs } from './jobs.ts';
import type { MirroredRun } from './mirror.ts';
import { readerOf } from './plain-evaluator.ts';
import type { RunPlan, WorldPlan } from './plan.ts';
import { runIdOf } from './submission.ts';
import {
  fedEventCount,
  judge,
  judgeStatusCallbacks,
  mayLackPages,
  wasNotAborted,
} from './verdict.ts';
import { demand, Violation } from './violation.ts';

/**
 * Share of runs that are replayed at the end. Other runs were replayed when an evaluation was
 * dropped.
 */
const REPLAY_SHARE = 0.4;

export interface CompletedWorld {
  readonly plan: WorldPlan;
  readonly storage: MemoryStorage;
  planOf(index: number): RunPlan;
  /** Messages of the attempt were lost or late. */
  isDisturbed(run: MirroredRun, step: Step, attempt: Attempt): boolean;
  roll(what: string): number;
  newEvaluator(): Evaluator;
  readonly childRuns: ChildRunsOfWorld;
}

export async function checkCompletedRuns(
  runs: Iterable<MirroredRun>,
  { plan, storage, planOf, isDisturbed, roll, newEvaluator, childRuns }: CompletedWorld,
): Promise<void> {
  for (const run of runs) {
    const where = `run ${run.index}`;
    demand(
      isTerminalRun(run.head.status),
      'every run ends',
      () => `${where} is ${run.head.status}, and no message will move it`,
    );
    await judge({
      plan,
      runPlan: planOf(run.index),
      run,
      infrastructureBudget: DEFAULT_SETTINGS.infrastructureBudget,
      wasDisturbed: (step, attempt) => isDisturbed(run, step, attempt),
      read: readerOf(storage.objects),
      childRuns,
    });
    judgeParent(run, childRuns);
    judgeStatusCallbacks(run.events, run.head.generation > 0);
    for (const { call } of run.steps.values())
      checkPointsUnique(await storage.tasks.points(run.info.id, call), `call ${call} of ${where}`);
    if (roll('replayed') < REPLAY_SHARE) await checkReplay(run, storage.tasks, newEvaluator());
  }
}

/** A replay of the recorded history by a new evaluator issues the recorded commands. */
async function checkReplay(run: MirroredRun, tasks: Tasks, evaluator: Evaluator): Promise<void> {
  const { id } = run.info;
  const stored = await tasks.run(id);
  if (stored === undefined) throw new Violation('runs are stored', id);
  if (run.head.commandCount === 0 && !wasNotAborted(run)) return;
  const history = {
    events: async function* (from: number) {
      yield run.events.slice(from);
    },
    signatures: async function* (from: number) {
      yield run.signatures.slice(from);
    },
  };
  const answer = await evaluator.evaluate({
    info: stored.info,
    generation: run.head.generation,
    position: fedEventCount(run),
    fromCommand: 0,
    history,
    limit: 1_000_000,
  });
  demand(answer.kind === 'page', 'a replay issues the recorded commands', () =>
    JSON.stringify(answer),
  );
  if (answer.kind !== 'page') return;
  const signatures = answer.commands.map((one) => one.signature);
  const first = run.signatures.findIndex((signature, n) => signature !== signatures[n]);
  const same = first === -1 && (signatures.length === run.signatures.length || mayLackPages(run));
  demand(
    same,
    'a replay issues the recorded commands',
    () =>
      `${run.signatures.length} commands became ${signatures.length}; number ${first}: ${run.signatures[first]} became ${signatures[first]}`,
  );
}

/**
 * No lease outlives its holder's run. The check applies to worlds without crashes: a lease whose
 * process crashed stays until another party takes it over.
 */
export async function checkLeasesReleased(
  runs: Iterable<MirroredRun>,
  cache: Cache,
): Promise<void> {
  const keys = new Set(
    [...runs].flatMap((run) => [...run.steps.values()].flatMap((step) => step.cacheKey ?? [])),
  );
  for (const key of keys) {
    const lease = await cache.acquire(key, { run: runIdOf(999_999), call: 0 });
    demand(
      lease.held,
      'cache: no lease outlives its run',
      () => `${key} is held by ${lease.held ? '' : JSON.stringify(lease.holder)}`,
    );
  }
}

/** No slot of a limit is held or waited for. The check applies to worlds without crashes. */
export function checkSlotsReleased({ limits }: Pick<MemoryStorage, 'limits'>): void {
  demand(limits.all.size === 0, 'limits: no slot outlives its run', () =>
    JSON.stringify([...limits.all]),
  );
}

/** Every job of the run has ended, or was terminated. */
export function checkNoLiveJobs(run: MirroredRun, jobs: SimulatedJobs['all']): void {
  const alive = jobs.filter(
    (job) =>
      job.spec.run === run.info.id &&
      (job.state === 'waiting' || job.state === 'running') &&
      !job.hasReported &&
      !job.hasDuplicate &&
      !job.terminated,
  );
  demand(alive.length === 0, 'a terminal run has no live job', () =>
    alive.map((job) => `${job.id} (${job.spec.step})`).join(', '),
  );
}

/**
 * A job reports one point for each iteration. None is recorded twice, even if its message arrived
 * twice.
 */
function checkPointsUnique(points: readonly Point[], where: string): void {
  const iterations = points.map((point) => point.iteration);
  demand(
    new Set(iterations).size === iterations.length,
    'a point is reported once',
    () => `${where}: ${iterations.join(', ')}`,
  );
}
