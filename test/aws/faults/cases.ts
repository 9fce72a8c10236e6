/**
 * Test cases: a scenario that runs while one call or message in it fails.
 *
 * 1. Cases share a deployment with warm functions, and each uses its own project. A case has its
 *    own deployment if only cold functions make its call, or if the case before it failed.
 *
 * @module
 */

import type { DeploymentServer } from './deployment/deployment-server.ts';
import { FaultyDeployment } from './deployment/faulty-deployment.ts';
import type { Recorded } from './deployment/service-gate.ts';
import { STEP_QUEUE_NAME } from './deployment/settings.ts';
import {
  canDisturb,
  canHappen,
  DISTURBANCES,
  type Disturbance,
  FAULTS,
  type Fault,
  isDisturbance,
  isFault,
  REDRIVEN,
  STEP_MESSAGE,
  type Target,
} from './faults.ts';
import { forge } from './forgery.ts';
import { POINTS, runScenario, type Scenario, ScenarioError } from './scenario.ts';
import { findProblems, type Summary, summarize } from './verdict.ts';

export interface Case {
  readonly scenario: Scenario;
  readonly target: Target;
  readonly fault: Fault | Disturbance | typeof REDRIVEN;
  /** Whether the case starts with a new deployment. */
  readonly cold: boolean;
}

export interface Outcome {
  /** Whether the fault was injected. */
  readonly reached: boolean;
  readonly problems: readonly string[];
  readonly durationMs: number;
}

/** The callers that belong to the deployment, unlike the client that uploads code. */
const CALLERS = ['controller', 'router', 'api', 'sweeper', 'evaluator', 'runner', 'function'];

export const isOfDeployment = ({ caller }: Recorded): boolean => CALLERS.includes(caller);

export class CaseRunner {
  readonly #server: DeploymentServer;
  readonly #expected = new Map<Scenario, Summary>();
  #deployment: FaultyDeployment | undefined;
  #held = false;
  #redriven = false;
  #projects = 0;

  constructor(server: DeploymentServer) {
    this.#server = server;
  }

  /** Records the calls of a scenario, once with cold and once with warm functions. */
  async record(scenario: Scenario): Promise<Listed> {
    this.#deployment = undefined;
    const cold = await this.#runWithoutFault(scenario);
    const warm = await this.#runWithoutFault(scenario);
    return {
      cold: cold.calls.filter(isOfDeployment),
      warm: warm.calls.filter(isOfDeployment),
      messages: warm.messages,
    };
  }

  async run({ scenario, target, fault, cold }: Case): Promise<Outcome> {
    const startedAt = performance.now();
    await this.#expectedOf(scenario);
    if (cold) this.#deployment = undefined;
    const deployment = this.#warm();
    deployment.plan({
      call: isFault(fault) ? { target, fault } : undefined,
      message: isDisturbance(fault) ? { target, disturbance: fault } : undefined,
    });
    this.#redriven = false;
    const problems = await this.#problemsOf(deployment, { scenario, target, fault, cold }).catch(
      (error: unknown) => [error instanceof ScenarioError ? error.message : String(error)],
    );
    const reached =
      deployment.gate.failedCall !== undefined ||
      deployment.messageFaults.isInjected ||
      this.#redriven;
    const lines =
      problems.length === 0
        ? []
        : deployment.log
            .slice(0, MAX_LOG_LINES)
            .map((line) => `log: ${JSON.stringify(line).slice(0, 500)}`);
    if (problems.length > 0) this.#deployment = undefined;
    const durationMs = performance.now() - startedAt;
    return { reached, problems: [...problems, ...lines], durationMs };
  }

  async #problemsOf(deployment: FaultyDeployment, one: Case): Promise<readonly string[]> {
    const { scenario, fault, target } = one;
    const project = this.#project();
    const hold = (held: boolean) => {
      this.#held = held;
    };
    const runs = await runScenario(deployment, scenario, project, hold, async (point) => {
      if (fault !== REDRIVEN || point !== target.label) return;
      this.#redriven = true;
      await deployment.until(() => false, HOUR);
      deployment.redrive();
    });
    const found = await summarize(deployment, project, runs);
    return findProblems(deployment, await this.#expectedOf(scenario), found, {
      attempts: toleratedAttempts(one),
      // A completed run ignores reports, so that one that is 25 minutes late counts as lost.
      reports:
        (fault === 'message lost' || fault === 'message late') && / reported /u.test(target.label),
    });
  }

  /**
   * Sends forged messages to a run at several points, then runs a scenario in another project.
   * Returns the problems of both.
   */
  async runForgeries(): Promise<readonly string[]> {
    const expected = await this.#expectedOf('held');
    await this.#expectedOf('whole');
    const deployment = this.#warm();
    deployment.plan({});
    const [other, project] = [this.#project(), this.#project()];
    const hold = (held: boolean) => {
      this.#held = held;
    };
    const [otherRun] = await runScenario(deployment, 'whole', other, hold);
    const unlogged: string[] = [];
    const runs = await runScenario(deployment, 'held', project, hold, async (point) => {
      const [run] = await deployment.queries.runs({ project, limit: 1 });
      if (point === 'over' || otherRun === undefined || run === undefined) return;
      const isLive = point === 'held';
      const sendForgeries = async () => {
        deployment.log.length = 0;
        unlogged.push(
          ...(await forge(deployment, run.info.id, otherRun, isLive)).map(
            (each) => `${point}: ${each}`,
          ),
        );
      };
      await sendForgeries();
      if (!isLive) return;
      // The machine is terminated, so that another attempt starts with another token.
      deployment.reclaim();
      const isHeld = async () => {
        const steps = await deployment.tasks.steps(run.info.id, [0, 1, 2]);
        const held = steps.find(({ component }) => component === 'hold');
        return held?.attempts[1]?.status === 'running';
      };
      if (!(await deployment.until(isHeld, HOUR)))
        throw new ScenarioError('the step is not retried');
      await sendForgeries();
    });
    deployment.executions.length = 0;
    // The terminated attempt counts twice: in the run and in its rerun.
    const problems = await findProblems(
      deployment,
      expected,
      await summarize(deployment, project, runs),
      { attempts: 2, reports: false },
    );
    const { problems: laterProblems } = await this.run({
      scenario: 'whole',
      target: { label: '', occurrence: 0 },
      fault: 'lost',
      cold: false,
    });
    return [...unlogged, ...problems, ...laterProblems];
  }

  async #expectedOf(scenario: Scenario): Promise<Summary> {
    const known = this.#expected.get(scenario);
    if (known !== undefined) return known;
    await this.#runWithoutFault(scenario);
    return this.#expectedOf(scenario);
  }

  /** Runs a scenario without a fault. @throws ScenarioError if it has problems */
  async #runWithoutFault(
    scenario: Scenario,
  ): Promise<{ readonly calls: readonly Recorded[]; readonly messages: readonly Target[] }> {
    const deployment = this.#warm();
    deployment.plan({});
    const project = this.#project();
    const runs = await runScenario(deployment, scenario, project, (held) => {
      this.#held = held;
    });
    const found = await summarize(deployment, project, runs);
    const problems = await findProblems(deployment, found, found, { attempts: 0, reports: false });
    if (problems.length > 0) throw new ScenarioError(`without a fault: ${problems.join('; ')}`);
    this.#expected.set(scenario, found);
    return { calls: deployment.gate.recorded, messages: deployment.messageFaults.recorded };
  }

  #warm(): FaultyDeployment {
    this.#deployment ??= new FaultyDeployment({
      server: this.#server,
      isHeld: ({ component }) => component === 'hold' && this.#held,
      areFunctionsBusy: () => this.#held,
    });
    return this.#deployment;
  }

  #project(): string {
    this.#projects += 1;
    return `proof${this.#projects}`;
  }
}

const MAX_LOG_LINES = 6;
const LAUNCHES = [
  'controller batch:SubmitJob',
  `controller sqs:SendMessageBatch ${STEP_QUEUE_NAME}`,
];
/** Members of the largest array job. */
const MAX_MEMBERS = 3;
const HOUR = 3_600_000;

/** A container that crashes, or whose store fails for all tries, costs an attempt. */
function toleratedAttempts({ scenario, fault, target: { label } }: Case): number {
  // The rerun adopts the attempts of the held run, so that each counts twice.
  const oneAttempt = scenario === 'held' ? 2 : 1;
  // A result that never arrived is computed again.
  if (fault === 'message lost' || fault === 'message late')
    return / finished /u.test(label) ? oneAttempt + 1 : 0;
  // SQS has no claim of a message: a duplicate is executed. A throttled one is another attempt.
  if (label.startsWith(STEP_MESSAGE))
    return fault === 'message duplicated' || fault === 'message throttled' ? oneAttempt : 0;
  if (!isFault(fault)) return 0;
  if (/^(runner|function) /u.test(label) && fault !== 'throttled once' && fault !== 'lost once')
    return oneAttempt + 1;
  // Launches have no idempotency token: each try of the SDK whose answer was lost submitted a job
  // of up to three members, or sent as many messages. After a crash of the controller, the next one
  // finds the submitted job, or the messages of the functions behind its batch.
  return LAUNCHES.some((launch) => label.startsWith(launch))
    ? fault === 'lost once'
      ? MAX_MEMBERS
      : fault === 'lost' || fault === 'server error after'
        ? 2 * MAX_MEMBERS
        : 0
    : 0;
}

export interface Listed {
  readonly cold: readonly Recorded[];
  readonly warm: readonly Recorded[];
  readonly messages: readonly Target[];
}

const nameOf = ({ label, occurrence }: Target) => `${label} #${occurrence}`;

/**
 * Each call of a scenario with each possible fault, in order: the calls of cold functions first.
 */
export function casesOfCalls(scenario: Scenario, { cold, warm }: Listed): readonly Case[] {
  const known = new Set(warm.map(nameOf));
  const onlyCold = cold
    .filter((recorded) => !known.has(nameOf(recorded)))
    .map((recorded) => ({ recorded, cold: true }));
  const all = [...onlyCold, ...warm.map((recorded) => ({ recorded, cold: false }))];
  return all.flatMap(({ recorded: { label, occurrence, call }, cold: isCold }) =>
    FAULTS.filter((fault) => canHappen(fault, call)).map((fault) => ({
      scenario,
      target: { label, occurrence },
      fault,
      cold: isCold,
    })),
  );
}

/** Each message and event with each disturbance, and each point of the scenario with a redrive. */
export function casesOfMessages(scenario: Scenario, { messages }: Listed): readonly Case[] {
  const disturbed = messages.flatMap((target) =>
    DISTURBANCES.filter((fault) => canDisturb(fault, target)).map((fault) => ({
      scenario,
      target,
      fault,
      cold: false,
    })),
  );
  return [
    ...disturbed,
    ...POINTS[scenario].map(
      (label) =>
        ({ scenario, target: { label, occurrence: 0 }, fault: REDRIVEN, cold: false }) as const,
    ),
  ];
}
