/**
 * Containers that follow the simulation's fault plan: each sends the runner's messages, or fewer,
 * and computes the result of its component.
 *
 * 1. A container works on the contents of its spec: arguments and the parents' values, inline or
 *    from the store.
 * 2. It sends its messages before its process exits.
 *
 * @module
 */
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import type { TransitionOf } from '../../../src/model/transition.ts';
import { readContainerEnvironment } from '../../../src/runner/container/environment.ts';
import type { ContainerExit, ContainerPlan, Executor } from '../../../testing/batch/index.ts';
import { type AttemptFate, compute, fateOf } from '../../simulation/fault-plan.ts';
import { computeValues } from '../../simulation/job-values.ts';
import { NO_FAULTS, type WorldPlan } from '../../simulation/plan.ts';
import { PLAIN_COMPONENT } from '../../simulation/program.ts';
import type { ContainerServices } from './host.ts';

/** Returns the plan that a run belongs to. */
export type PlanOf = (run: string) => WorldPlan | undefined;

export interface PlanExecutor extends Executor {
  /** Jobs that were started for attempts of a run, by `<call> <attempt>`. */
  startsOf(run: string): ReadonlyMap<string, ReadonlySet<string>>;
}

const KILLED = 137;

/** @param isWrong whether every step returns wrong values, for a run that must be detected */
export function planExecutor(
  services: ContainerServices,
  planOf: PlanOf,
  isWrong: () => boolean = () => false,
): PlanExecutor {
  const starts = new Map<string, Map<string, Set<string>>>();

  function note({ run, call, attempt }: StepSpec, job: string): void {
    const ofRun = starts.get(run) ?? new Map<string, Set<string>>();
    starts.set(run, ofRun);
    const key = `${call} ${attempt}`;
    ofRun.set(key, (ofRun.get(key) ?? new Set()).add(job));
  }

  async function run({ environment }: ContainerPlan, batchJob: string): Promise<ContainerExit> {
    const objects = services.objects();
    const {
      specKey: key,
      specText,
      index,
      token,
      job,
    } = readContainerEnvironment({ ...environment });
    const read =
      specText === undefined
        ? (start: number, length: number) => objects.slice(key, start, start + length)
        : unpackSpec(specText);
    const { spec } = await readGroupSpec(read, index, token);
    note(spec, job);
    const plan = planOf(spec.run);
    const component = plan?.runs[0]?.program.components.find(
      ({ name }) => name === spec.component,
    ) ?? { ...PLAIN_COMPONENT, name: spec.component };
    const identity = { seed: plan?.seed ?? 0, run: 0, step: spec.step, attempt: spec.attempt };
    const fate: AttemptFate = fateOf(
      identity,
      plan?.faults ?? NO_FAULTS,
      component.timeoutSeconds !== null,
    );
    const act = (args: readonly unknown[]) =>
      compute(component, args).map((value) => (isWrong() ? 'wrong' : value));
    const source = () => ({
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      token,
      at: services.clock.now(),
    });
    const send = (message: TransitionOf<'started' | 'finished'>) =>
      services.transitions().send([message]);
    const finished = (outcome: TransitionOf<'finished'>['outcome']): TransitionOf<'finished'> => ({
      kind: 'finished',
      ...source(),
      outcome,
    });
    await send({ kind: 'started', ...source(), logStream: `log of ${job}` });
    switch (fate) {
      case 'works': {
        const values = await computeValues(objects, spec, job, act);
        await send(finished({ ok: true, values, artifacts: [] }));
        return { exitCode: 0 };
      }
      case 'undelivered': {
        const values = await computeValues(objects, spec, job, act);
        await objects.put(
          `${spec.outputPrefix}/${job}/result.json`,
          Buffer.from(JSON.stringify(finished({ ok: true, values, artifacts: [] }))),
        );
        return { exitCode: 0 };
      }
      case 'fails':
        await send(
          finished({
            ok: false,
            error: { name: 'Error', message: `attempt ${spec.attempt} fails` },
          }),
        );
        return { exitCode: 1 };
      case 'crashes':
        return { exitCode: 3 };
      case 'hangs':
        await send(
          finished({
            ok: false,
            error: { name: 'StepTimeoutError', message: 'over its limit' },
            stopReason: 'timeout',
          }),
        );
        return { exitCode: 1 };
      case 'reclaimed':
      case 'vanishes':
        services.batch().reclaim(batchJob, { kill: true });
        return { exitCode: KILLED };
    }
  }

  return {
    name: 'plan',
    startsOf: (run) => starts.get(run) ?? new Map(),
    open: async () => ({
      async start(container, write) {
        const job = container.environment.AWS_BATCH_JOB_ID ?? '';

        // Batch must know that the container runs before it can be reclaimed.
        const ended = new Promise((resolve) => setImmediate(resolve))
          .then(() => run(container, job))
          .catch((error: unknown) => {
            write(error instanceof Error ? (error.stack ?? error.message) : String(error));
            return { exitCode: 1 };
          });
        return { ended, signal: () => undefined };
      },
      remove: async () => undefined,
    }),
    close: async () => undefined,
  };
}
