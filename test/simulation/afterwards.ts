/**
 * What is asked of runs and stores when a world is over, beside the verdict.
 *
 * @module
 */
import type { Point } from '../../src/model/artifacts.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Tasks } from '../../src/ports/tasks.ts';
import type { SimulatedJobs } from './jobs.ts';
import type { MirroredRun } from './mirrored-run.ts';
import { runIdOf } from './submission.ts';
import { fedEventCount, mayLackPages, wasNotAborted } from './verdict.ts';
import { demand, Violation } from './violation.ts';

/** A fresh evaluator, given the history, asks for the same things. */
export async function checkReplay(
  run: MirroredRun,
  tasks: Tasks,
  evaluator: Evaluator,
): Promise<void> {
  const { id } = run.info;
  const stored = await tasks.run(id);
  if (stored === undefined) throw new Violation('runs are kept', id);
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
  demand(answer.kind === 'page', 'a fresh replay asks for the same', () => JSON.stringify(answer));
  if (answer.kind !== 'page') return;
  const signatures = answer.commands.map((one) => one.signature);
  const first = run.signatures.findIndex((signature, n) => signature !== signatures[n]);
  const same = first === -1 && (signatures.length === run.signatures.length || mayLackPages(run));
  demand(
    same,
    'a fresh replay asks for the same',
    () =>
      `of ${run.signatures.length} commands ${signatures.length}; number ${first}: ${run.signatures[first]} became ${signatures[first]}`,
  );
}

/** No lease outlives its holder's run, but for one that a process took and died: whoever wants it finds its run over, and takes it. */
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

/** Whatever ran for the run was ended, or is about to be. */
export function checkNoLiveJobs(run: MirroredRun, jobs: SimulatedJobs['all']): void {
  const alive = jobs.filter(
    (job) =>
      job.spec.run === run.info.id &&
      (job.state === 'waiting' || job.state === 'running') &&
      !job.hasReported &&
      !job.hasDuplicate &&
      !job.terminated,
  );
  demand(alive.length === 0, 'an ended run has no live job', () =>
    alive.map((job) => `${job.id} (${job.spec.step})`).join(', '),
  );
}

/** A job reports one point for each iteration: none may be there twice, whatever came twice. */
export function checkPointsUnique(points: readonly Point[], where: string): void {
  const iterations = points.map((point) => point.iteration);
  demand(
    new Set(iterations).size === iterations.length,
    'a point is reported once',
    () => `${where}: ${iterations.join(', ')}`,
  );
}
