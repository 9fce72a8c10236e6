/**
 * Runs random pipelines on a host and compares the results with the plain interpretation.
 *
 * The plans, the faults of jobs and the verdict are those of the simulation. The controller, the
 * evaluator and everything between them are the deployed bundles.
 *
 * @module
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { AwsRunControl } from '../../../lambda/api/run-control.ts';
import { createDynamoModelRegistry } from '../../../src/aws/storage/model-registry.ts';
import { createDynamoCache } from '../../../src/aws/storage/step-cache.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import { createDelayQueue } from '../../../src/aws/timers/timer-scheduler.ts';
import { DEFAULT_SETTINGS } from '../../../src/controller/context.ts';
import type { HistoryEvent } from '../../../src/model/history.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { isTerminalRun, type Run } from '../../../src/model/run.ts';
import { newRunId } from '../../../src/submit/run-id.ts';
import { bundleLogic, hashOfLogic } from '../../simulation/evaluators.ts';
import { type MirroredRun, mirrorRun } from '../../simulation/mirror.ts';

import { readerOf } from '../../simulation/plain-evaluator.ts';
import { planWithoutChildRuns, type RunPlan, type WorldPlan } from '../../simulation/plan.ts';
import { showProgram } from '../../simulation/program.ts';
import { Random } from '../../simulation/random.ts';
import { infoOf } from '../../simulation/submission.ts';
import { judge } from '../../simulation/verdict.ts';
import { demand } from '../../simulation/violation.ts';
import { clientOptions } from '../harness/connection.ts';
import { Chaos, type ChaosRates, NO_CHAOS } from './chaos.ts';
import { type Host, startHost } from './host.ts';
import { type PlanExecutor, planExecutor } from './plan-executor.ts';

export interface RunResult {
  readonly seed: number;
  readonly status: string;
  readonly steps: number;
  /** A readable description of the first violated rule. */
  readonly violation: string | undefined;
}

export interface HostScenarios {
  /** Runs the pipelines of these seeds in parallel, with the fault rates of the first seed. */
  run(seeds: readonly number[], sabotage?: Sabotage): Promise<readonly RunResult[]>;
  /** How often each fault occurred, by its name. */
  readonly counts: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const LOGIC = 'code/simulated-logic.js';

/** A defect that must be detected: steps with wrong values, or functions without messages. */
export type Sabotage = 'wrong values' | 'no messages';

/** @param trace receives one line per event */
export async function startHostScenarios(
  trace: (line: string) => void = () => undefined,
): Promise<HostScenarios> {
  const plans = new Map<string, WorldPlan>();
  let executor: PlanExecutor | undefined;
  let isWrong = false;
  const chaos = new Chaos(() => host, trace);
  const host: Host = await startHost({
    config: {
      queues: { default: { type: 'fargate' }, other: { type: 'shared', with: 'default' } },
    },
    executor: (services) => {
      executor = planExecutor(
        services,
        (run) => plans.get(run),
        () => isWrong,
      );
      return executor;
    },
    ...chaos.options,
  });
  const sqs = new SQSClient({ ...clientOptions(host.aws), endpoint: host.sqs.url });
  const dynamo = new DynamoDBClient(clientOptions(host.aws));
  const queries = createDynamoQueries({
    client: dynamo,
    table: host.settings.tasksTable,
    retention: host.settings.retention,
    clock: host.clock,
  });
  const { tasks, objects, transitions, clock, secret } = host;
  const delays = createDelayQueue({
    client: sqs,
    queueUrl: host.settings.delaysUrl,
    secret,
    clock,
  });
  const { retention } = host.settings;
  const control = new AwsRunControl({
    tasks,
    queries,
    cache: createDynamoCache({
      client: dynamo,
      table: host.settings.cacheTable,
      retention,
      clock,
    }),
    models: createDynamoModelRegistry({ client: dynamo, table: host.settings.tasksTable }),
    objects,
    transitions,
    delayQueue: delays,
    clock,
    retention,
  });
  const text = await bundleLogic();
  const hash = hashOfLogic(text);
  await objects.put(LOGIC, Buffer.from(text));

  async function startRun(seed: number): Promise<RunId> {
    const plan = hostedPlan(seed);
    const id = newRunId(clock.now());
    plans.set(id, plan);
    const [run] = plan.runs;
    if (run === undefined) throw new RangeError(`the plan of seed ${seed} has no run`);
    const { evaluatedBy: _, ...info } = infoOf(seed, 0, run, clock.now());
    const { program, ...args } = info.args;
    const logic = { ...info.code.logic, key: LOGIC, hash };
    // The bundle of all programs reads its program from the seed (`smuggled-program.ts`).
    await control.create({
      ...info,
      id,
      args: { ...args, program: null },
      seed: JSON.stringify({ seed: info.seed, program }),
      code: { ...info.code, logic },
    });
    return id;
  }

  async function mirrored(run: Run): Promise<MirroredRun> {
    const { info, head } = run;
    const mirror = mirrorRun(info, 0, head);
    for (const step of await queries.allSteps(info.id)) mirror.steps.set(step.call, step);
    const page = 500;
    const events: HistoryEvent[] = [];
    while (events.length < head.eventCount)
      events.push(...(await tasks.events(info.id, events.length, page)));
    mirror.events = events;
    for (const name of new Set([...mirror.steps.values()].map(({ component }) => component))) {
      const declared = await tasks.component(info.id, name);
      if (declared !== undefined) mirror.declarations.set(name, declared.declaration);
    }
    return mirror;
  }

  async function judgeRun(id: RunId): Promise<RunResult> {
    const plan = plans.get(id);
    const [runPlan] = plan?.runs ?? [];
    const run = await tasks.run(id);
    if (plan === undefined || runPlan === undefined || run === undefined)
      throw new RangeError(`run ${id} is not known`);
    const result = { seed: plan.seed, status: run.head.status, steps: run.head.callCount };
    try {
      const mirror = await mirrored(run);
      demand(
        run.head.unfinishedSteps === 0 && run.head.activeSteps === 0,
        'a completed run has no open step',
        () => JSON.stringify(run.head),
      );
      await judge({
        plan,
        runPlan,
        run: mirror,
        infrastructureBudget: DEFAULT_SETTINGS.infrastructureBudget,
        wasDisturbed: (_, attempt) => chaos.mayBeCountedAsLost(attempt),
        read: readerOf(objects),
        childRuns: NO_CHILD_RUNS,
      });
      for (const [attempt, jobs] of executor?.startsOf(id) ?? []) {
        demand(
          jobs.size === 1,
          'an attempt is one job',
          () => `${attempt} (call, attempt): ${[...jobs].join(', ')}`,
        );
      }
      return { ...result, violation: undefined };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return {
        ...result,
        violation: `seed ${plan.seed}, run ${id}: ${message}\n--- ${JSON.stringify({ ...plan.faults.job })}\n${showProgram(runPlan.program)}`,
      };
    }
  }

  return {
    counts: chaos.counts,
    async run(seeds, sabotage) {
      isWrong = sabotage === 'wrong values';
      if (sabotage === 'no messages') for (const source of host.sources) source.pause();
      chaos.start(seeds[0] ?? 0, ratesOf(seeds[0] ?? 0));
      const runs = await Promise.all(seeds.map(startRun));
      await host.until(async () => {
        for (const id of runs)
          if (!isTerminalRun((await tasks.run(id))?.head.status ?? 'queued')) return false;
        return true;
      });
      chaos.start(0, NO_CHAOS);
      return await Promise.all(runs.map(judgeRun));
    },
    async stop() {
      for (const client of [sqs, dynamo]) client.destroy();
      await host.stop();
    },
  };
}

/** The plans of this suite start none. */
const NO_CHILD_RUNS = { runs: new Map(), wasStopped: () => false };

/**
 * The simulation's plan without its user actions, its time limits and its faults of the controller.
 */
function hostedPlan(seed: number): WorldPlan {
  const { runs, faults } = planWithoutChildRuns(seed);
  const [first] = runs;
  if (first === undefined) throw new RangeError(`the plan of seed ${seed} has no run`);
  const run: RunPlan = {
    ...first,
    startAtMs: 0,
    abortAfterMs: null,
    signals: [],
    timeoutSeconds: null,
    afterwards: null,
  };
  return {
    seed,
    runs: [run],
    faults: { ...faults, job: { ...faults.job, duplicated: 0, forged: 0, reports: 0 } },
  };
}

/** One round in six has no faults. */
function ratesOf(seed: number): ChaosRates {
  const random = new Random(seed * 7919);
  if (random.chance(1 / 6)) return NO_CHAOS;
  const sometimes = (maxRate: number): number => (random.chance(0.5) ? random.next() * maxRate : 0);
  return {
    kill: sometimes(0.3),
    hang: sometimes(0.15),
    evaluator: sometimes(0.3),
    cold: random.chance(0.4) ? 1 : 0,
    stall: sometimes(0.15),
    again: sometimes(0.2),
    lost: sometimes(0.4),
    twice: sometimes(0.3),
  };
}
