/**
 * Reruns: a new run that adopts finished calls of another run.
 *
 * 1. With the stored code, the new run inherits the history up to the first event of a call that is
 *    not adopted: seed, times, order.
 * 2. With other code, it inherits only values: calls with the same component and arguments adopt
 *    them.
 * 3. The new run refers to objects of other runs by adopted calls only. Arguments of calls that run
 *    again are stored anew.
 *
 * @module
 */
import { HeadraceError } from '../../model/errors.ts';
import type { RunId } from '../../model/ids.ts';
import type { Run, RunInfo } from '../../model/run.ts';
import { isSuccess, NO_ATTEMPTS, type Step } from '../../model/step.ts';
import { type Adoption, EMPTY_COMMIT } from '../../ports/tasks.ts';
import { type ControllerPorts, DEFAULT_SETTINGS } from '../context.ts';
import { copyArguments } from '../run/own-arguments.ts';
import { newHead } from '../run/run-head.ts';
import { isAdoptableStep } from '../steps/adoptable-results.ts';
import { inheritedOutputs } from './inherited-outputs.ts';
import {
  parentsOf,
  planRestart,
  readAllSteps,
  restartedHead,
  restartTimers,
} from './restart-plan.ts';
import { UnknownRunError } from './resume.ts';

export class UnknownStepError extends HeadraceError {
  constructor(
    readonly run: RunId,
    readonly step: string,
    readonly known: readonly string[],
  ) {
    super(
      `run ${run} has no step ${step}; it has ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}`,
    );
  }
}

/**
 * Creates the run `info` as a rerun of `source`. The caller then sends `run.sweep`.
 *
 * @param step the finished calls before this step are adopted; with null, all; without it, none
 * @param adoptableMs the time from the creation of a run in which its results are adopted. Calls
 * whose results are older run again. Default: unlimited
 * @param sameCode the new run has the source's code, arguments and seed
 * @throws UnknownRunError, UnknownStepError, LogicReplayError
 */
export async function createRerun(
  ports: ControllerPorts,
  source: RunId,
  info: Omit<RunInfo, 'number'>,
  {
    step,
    sameCode,
    adoptableMs = DEFAULT_SETTINGS.adoptableMs,
  }: {
    readonly step?: string | null | undefined;
    readonly sameCode: boolean;
    readonly adoptableMs?: number;
  },
): Promise<Run> {
  const old = await ports.tasks.run(source);
  if (old === undefined) throw new UnknownRunError(source);
  await copyArguments(ports, info);
  const oldSteps = step === undefined ? [] : await readAllSteps(ports, old);
  const firstRerunCall =
    step === undefined
      ? 0
      : step === null
        ? Number.POSITIVE_INFINITY
        : findFirstCall(source, oldSteps, step);
  const earliest = ports.clock.now() - adoptableMs;
  const steps = oldSteps.map((step) =>
    step.call < firstRerunCall && isSuccess(step.status) && isAdoptableStep(step, earliest)
      ? { ...step, adoptedFrom: step.adoptedFrom ?? { run: source, step: step.name } }
      : { ...step, adoptedFrom: undefined },
  );
  const reusedSteps = steps.filter(({ adoptedFrom }) => adoptedFrom !== undefined);
  if (reusedSteps.length > 0 && !(await ports.tasks.share(source)))
    throw new UnknownRunError(source);
  if (!sameCode || reusedSteps.length === 0) {
    const run = await ports.tasks.createRun(info, {
      ...newHead(info),
      hasArchivedSteps: reusedSteps.length > 0,
    });
    await ports.tasks.archive(info.id, source, reusedSteps);
    // The run existed already, as a run that adopts nothing.
    return reusedSteps.length > 0 && !run.head.hasArchivedSteps
      ? await markHasArchivedSteps(ports, run)
      : run;
  }

  const keptCalls = new Set(reusedSteps.map((step) => step.call));
  const isOfOtherStep = (event: { readonly kind: string }): boolean =>
    'call' in event && typeof event.call === 'number' && !keptCalls.has(event.call);
  const plan = await planRestart(
    ports,
    old,
    steps,
    (step) => !keptCalls.has(step.call),
    isOfOtherStep,
    info,
  );
  const run = await ports.tasks.createRun(info, newHead(info));
  // Another process was first: the run is what that one made of it.
  if (run.head.revision > 0) return run;
  await ports.tasks.archive(info.id, source, reusedSteps);
  const fresh = { info: run.info, head: run.head };
  const head = await restartedHead(ports, fresh, plan, { ...run.head, generation: -1 });
  const { replayed } = plan;
  await ports.tasks.commit(info.id, {
    ...EMPTY_COMMIT,
    head,
    created: plan.steps.map(resetForNewRun),
    edges: [...(await inheritedEdges(ports, old, plan.cut.callCount)), ...plan.edges],
    components: [...replayed.declarations.values()].map((declaration) => ({
      declaration,
      callCount: replayed.callCounts.get(declaration.name) ?? 0,
    })),
    events: [...plan.prefix, ...plan.reappended],
    signatures: replayed.signatures,
    timers: restartTimers(ports, fresh, plan, head),
    ...(await inheritedOutputs(ports, fresh, plan)),
    adoptions: await adoptions(
      ports,
      info.id,
      plan.steps.filter((step) => keptCalls.has(step.call)),
    ),
  });
  return { info: run.info, head };
}

async function markHasArchivedSteps(ports: ControllerPorts, { info, head }: Run): Promise<Run> {
  const marked = { ...head, revision: head.revision + 1, hasArchivedSteps: true };
  await ports.tasks.commit(info.id, { ...EMPTY_COMMIT, head: marked });
  return { info, head: marked };
}

/** A step that runs again has no attempts in the new run. */
const resetForNewRun = (step: Step): Step =>
  step.status === 'pending' ? { ...step, ...NO_ATTEMPTS } : step;

function findFirstCall(run: RunId, steps: readonly Step[], stepName: string): number {
  const step =
    steps.find(({ name }) => name === stepName) ??
    steps.find(({ component }) => component === stepName);
  if (step === undefined)
    throw new UnknownStepError(
      run,
      stepName,
      steps.map(({ name }) => name),
    );
  return step.call;
}

async function inheritedEdges(ports: ControllerPorts, { info }: Run, calls: number) {
  const edges: { readonly parent: number; readonly child: number }[] = [];
  for (let child = 0; child < calls; child += 1) {
    const parents = await parentsOf(ports, info.id, child);
    edges.push(...parents.filter((parent) => parent < calls).map((parent) => ({ parent, child })));
  }
  return edges;
}

async function adoptions(
  ports: ControllerPorts,
  run: RunId,
  steps: readonly Step[],
): Promise<Adoption[]> {
  const found: Adoption[] = [];
  for (const { call, component, digest } of steps) {
    const archived = await ports.tasks.findArchivedStep(
      run,
      component,
      digest,
      found.map(({ archive }) => archive),
    );
    if (archived !== undefined) found.push({ archive: archived.archive, call });
  }
  return found;
}
