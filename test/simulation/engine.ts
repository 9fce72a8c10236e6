/**
 * The engine of one simulated process: the real controller and an evaluator, on the ports of the
 * world.
 *
 * @module
 */
import type { ControllerPorts } from '../../src/controller/context.ts';
import { type Controller, createController } from '../../src/controller/controller.ts';
import { withChildRuns } from '../../src/engine/child-run-jobs.ts';
import { createExternalEvaluator } from '../../src/external-evaluation/external-evaluator.ts';
import type { SignedCommand } from '../../src/model/history.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { JobGroup } from '../../src/ports/jobs.ts';
import type { MemoryObjects } from '../conformance/memory-objects.ts';

/** The ports that the world provides. The evaluator belongs to the engine. */
export type Ports = Omit<ControllerPorts, 'evaluator'>;

/** The state in memory of one process. */
export interface Engine {
  readonly ports: ControllerPorts;
  readonly controller: Controller;
}

/** `close` drops all evaluations. */
export type SimulatedEvaluator = Evaluator & { close(): void };

/** Makes an evaluator with nothing in memory. */
export type EvaluatorMaker = (objects: MemoryObjects) => SimulatedEvaluator;

/**
 * Retries of a fan-out wait for each other, as in AWS, but for the short durations of simulated
 * steps.
 */
const RETRY_BATCH_DELAY_MS = 20_000;

/** The simulation's answers contain valid commands, so they are not validated. */
const readCommands = (json: string): readonly SignedCommand[] => JSON.parse(json);

/** Observes the launches of groups of child runs. */
export interface ChildLaunches {
  onLaunch(group: JobGroup): void;
  onLaunched(group: JobGroup): void;
}

/** Child runs in addition to jobs. Every program calls its own pipeline only. */
function jobsWithChildRuns(ports: Ports, launches: ChildLaunches): Ports['jobs'] {
  const registry = { version: async () => undefined };
  const jobs = withChildRuns(ports.jobs, { ...ports, registry });
  return new Proxy(jobs, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      if (key !== 'submit') return member.bind(target);
      return async (group: JobGroup, ...rest: unknown[]) => {
        if (group.childRuns === undefined) return Reflect.apply(member, target, [group, ...rest]);
        launches.onLaunch(group);
        const refusal: unknown = await Reflect.apply(member, target, [group, ...rest]);
        launches.onLaunched(group);
        return refusal;
      };
    },
  });
}

export function openEngine(
  ports: Ports,
  engineEvaluator: Evaluator,
  launches: ChildLaunches,
): Engine {
  const allPorts: ControllerPorts = {
    ...ports,
    jobs: jobsWithChildRuns(ports, launches),
    evaluator: createExternalEvaluator({
      engineEvaluator,
      objects: ports.objects,
      readCommands,
    }),
  };
  return {
    ports: allPorts,
    controller: createController(allPorts, { maxRetryBatchDelayMs: RETRY_BATCH_DELAY_MS }),
  };
}
