/**
 * Resumes a failed or aborted run with its stored code. Completed steps keep their values; failed
 * steps run again.
 *
 * @module
 */

import { HeadraceError } from '../../model/errors.ts';
import type { RunId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import { runFacts } from '../../model/run-facts.ts';
import type { Step } from '../../model/step.ts';
import { callPages } from '../../ports/pages.ts';
import { EMPTY_COMMIT } from '../../ports/tasks.ts';
import type { ControllerPorts } from '../context.ts';
import { failuresOf } from '../turn/attempts.ts';
import { planRestart, readAllSteps, restartedHead, restartTimers } from './restart-plan.ts';

export class UnknownRunError extends HeadraceError {
  constructor(readonly run: string) {
    super(`there is no run ${run}: \`headrace runs list\` shows all runs`);
  }
}

export class RunCompletedError extends HeadraceError {
  constructor(readonly run: RunId) {
    super(
      `run ${run} is completed, so there is nothing to resume: \`headrace runs rerun\` makes a new run of it`,
    );
  }
}

/**
 * Restarts a failed or aborted run; the caller then sends `run.sweep`. A running run, whose engine
 * crashed, continues as it is.
 *
 * These steps run again: failed steps (all of them if the logic threw or the run was aborted or
 * failed before the logic completed, else those that were neither handled nor tolerated), aborted
 * steps, and steps that were skipped because of these.
 *
 * @throws UnknownRunError, RunCompletedError, LogicReplayError
 */
export async function resumeRun(ports: ControllerPorts, id: RunId): Promise<Run> {
  const run = await ports.tasks.run(id);
  if (run === undefined) throw new UnknownRunError(id);
  const { status } = run.head;
  if (status === 'completed') throw new RunCompletedError(id);
  if (status === 'running') return resetInfrastructureFailures(ports, run);
  if (status !== 'failed' && status !== 'aborted') return run;

  const steps = await readAllSteps(ports, run);
  const rerunCalls = findCallsToRerun(run, steps);
  const plan = await planRestart(
    ports,
    run,
    steps,
    (step) => rerunCalls.has(step.call),
    (event) =>
      (event.kind === 'failed' || event.kind === 'skipped' || event.kind === 'aborted') &&
      rerunCalls.has(event.call),
  );
  const head = await restartedHead(ports, run, plan, run.head);
  const previousMissingParents = (call: number): readonly string[] =>
    steps[call]?.missingParents ?? [];
  await ports.tasks.rewind(id, plan.cut, {
    ...EMPTY_COMMIT,
    head,
    changed: plan.steps,
    edges: plan.edges.filter(
      ({ parent, child }) =>
        typeof parent === 'number' || !previousMissingParents(child).includes(parent),
    ),
    events: plan.reappended,
    timers: restartTimers(ports, run, plan, head),
  });
  await ports.events.publish([
    {
      kind: 'run',
      run: id,
      status: 'running',
      facts: runFacts({ info: run.info, head }),
      at: ports.clock.now(),
    },
  ]);
  return { info: run.info, head };
}

/** Attempts that were lost with earlier engines no longer count against the budget of a step. */
async function resetInfrastructureFailures(ports: ControllerPorts, run: Run): Promise<Run> {
  const changed: Step[] = [];
  const { id } = run.info;
  for await (const page of callPages((after, limit) =>
    ports.tasks.unfinishedCalls(id, after, limit),
  )) {
    for (const step of await ports.tasks.steps(id, page)) {
      if (failuresOf(step).infrastructure > 0)
        changed.push({
          ...step,
          attemptsBeforeResume: step.attempts.filter(({ endedAt }) => endedAt !== undefined).length,
        });
    }
  }
  if (changed.length === 0) return run;
  const head = { ...run.head, revision: run.head.revision + 1 };
  await ports.tasks.commit(run.info.id, { ...EMPTY_COMMIT, head, changed });
  return { info: run.info, head };
}

function findCallsToRerun({ head }: Run, steps: readonly Step[]): ReadonlySet<number> {
  const rerunCalls = new Set<number>();
  const hasReturned = head.logicState === 'returned' && head.abortOutcome === null;
  for (const step of steps) {
    // A cancelled step runs again only if its cancel is behind the cut (see `planRestart`).
    if (step.cancelled === true) continue;
    if (step.status === 'aborted') rerunCalls.add(step.call);
    if (step.status === 'failed' && (!hasReturned || !(step.handled || step.tolerated)))
      rerunCalls.add(step.call);
  }
  for (const step of steps)
    if (step.status === 'skipped' && step.cause !== null && rerunCalls.has(step.cause))
      rerunCalls.add(step.call);
  return rerunCalls;
}
