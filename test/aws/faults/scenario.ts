/**
 * The scenarios: `whole` runs a pipeline to completion, with most features of the engine; `held`
 * holds, aborts and resumes a run, then reruns it.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../../../src/client/client.ts';
import { registerPipeline } from '../../../src/launch/remote/register-pipeline.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import { isTerminalRun } from '../../../src/model/run.ts';
import { type CompiledPipeline, compile } from '../../../src/submit/compile.ts';
import type { FaultyDeployment } from './deployment/faulty-deployment.ts';

const FILE = fileURLToPath(new URL('./pipelines/everything.ts', import.meta.url));
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Within this simulated time each run has to complete. */
const COMPLETION_TIMEOUT_MS = 12 * HOUR;
/** Requests of a user, with a minute between them, before an error is final. */
const MAX_REQUESTS = 5;

let compiled: Promise<CompiledPipeline> | undefined;

interface Pipeline {
  readonly project: string;
  readonly pipeline: string;
  readonly version: string;
}

export class ScenarioError extends Error {}

/** A user of the command line. */
export class User {
  readonly #deployment: FaultyDeployment;
  readonly client: Client;

  constructor(deployment: FaultyDeployment) {
    this.#deployment = deployment;
    this.client = createClient({
      endpoint: `${deployment.url}/live`,
      sign: async ({ headers }) => headers,
      firstRetryDelayMs: 0,
    });
  }

  /** Sends a request, and repeats it after a minute if it fails. */
  async request<T>(send: () => Promise<T>): Promise<T> {
    for (let time = 1; ; time += 1) {
      try {
        return await send();
      } catch (error) {
        if (time === MAX_REQUESTS) throw error;
        await this.#deployment.until(() => false, MINUTE);
      }
    }
  }

  async register(project: string): Promise<Pipeline> {
    compiled ??= compile({ file: FILE, pipeline: 'everything' });
    const { declaration, ...rest } = await compiled;
    const ready = { ...rest, declaration: { ...declaration, project } };
    const { pipeline, version } = await this.request(() =>
      registerPipeline({ client: this.client, endpoint: this.#deployment.url }, ready),
    );
    return { project, pipeline, version };
  }

  async start(pipeline: Pipeline, key: string, mode = 'whole'): Promise<RunId> {
    return runIdSchema.parse(
      (
        await this.request(() =>
          this.client.createRun({ ...pipeline, args: { mode } }, { idempotencyKey: key }),
        )
      ).id,
    );
  }
}

export const headOf = async (deployment: FaultyDeployment, run: RunId) =>
  (await deployment.tasks.run(run))?.head;

export async function untilOver(
  deployment: FaultyDeployment,
  run: RunId,
  what: string,
): Promise<void> {
  const isOver = async () => {
    const head = await headOf(deployment, run);
    return head !== undefined && isTerminalRun(head.status);
  };
  if (!(await deployment.until(isOver, COMPLETION_TIMEOUT_MS))) {
    const head = await headOf(deployment, run);
    throw new ScenarioError(`${what} does not complete: ${JSON.stringify(head)}`);
  }
}

export type Scenario = 'whole' | 'held';

/** The points of a scenario at which a test can act. */
export const POINTS = {
  whole: ['over'],
  held: ['held', 'aborted', 'resumed', 'over'],
} as const satisfies Record<Scenario, readonly string[]>;
type Point = (typeof POINTS)[Scenario][number];

/** Runs a scenario in its own project; returns its runs. `hold` starts or stops holding steps. */
export async function runScenario(
  deployment: FaultyDeployment,
  scenario: Scenario,
  project: string,
  hold: (held: boolean) => void,
  at: (point: Point) => Promise<void> = async () => undefined,
): Promise<readonly RunId[]> {
  const user = new User(deployment);
  const pipeline = await user.register(project);
  const runs =
    scenario === 'whole'
      ? [await runWhole(deployment, user, pipeline)]
      : await runHeld(deployment, user, pipeline, { hold, at });
  await at('over');
  // Late messages arrive and timers fire: none of them may change a completed run.
  await deployment.until(() => deployment.isQuiet, 2 * HOUR);
  return runs;
}

async function runWhole(
  deployment: FaultyDeployment,
  user: User,
  pipeline: Pipeline,
): Promise<RunId> {
  const run = await user.start(pipeline, `${pipeline.project}-whole`);
  await untilOver(deployment, run, 'the whole run');
  return run;
}

interface ScenarioHooks {
  hold(held: boolean): void;
  at(point: Point): Promise<void>;
}

async function runHeld(
  deployment: FaultyDeployment,
  user: User,
  pipeline: Pipeline,
  { hold, at }: ScenarioHooks,
): Promise<readonly RunId[]> {
  hold(true);
  const held = await user.start(pipeline, `${pipeline.project}-held`, 'hold');
  const isHeld = async () => {
    const head = await headOf(deployment, held);
    if (head === undefined || isTerminalRun(head.status)) return false;
    const steps = await deployment.tasks.steps(held, [0, 1, 2]);
    return steps.some(({ component, status }) => component === 'hold' && status === 'running');
  };
  // A step whose start message was lost runs nevertheless.
  const hasContainer = () =>
    deployment.batch.members.some(
      ({ jobName, status }) => jobName.startsWith(held) && status === 'RUNNING',
    );
  if (!(await deployment.until(isHeld, HOUR)) && !hasContainer())
    throw new ScenarioError(
      `the held run is not held: ${JSON.stringify(await headOf(deployment, held))}`,
    );
  await at('held');
  await user.request(() => user.client.abort(held, 'by a user'));
  await untilOver(deployment, held, 'the aborted run');
  const { status } = (await headOf(deployment, held)) ?? {};
  if (status !== 'aborted') throw new ScenarioError(`the aborted run is ${status}`);
  await at('aborted');
  hold(false);
  const isResumed = async () => (await headOf(deployment, held))?.status !== 'aborted';
  // The answer or the message of a resume can be lost. A user sees that in the run's status.
  for (let time = 1; !(await isResumed()); time += 1) {
    if (time > MAX_REQUESTS) throw new ScenarioError('the aborted run is not resumed');
    await user.request(async () => ((await isResumed()) ? undefined : user.client.resume(held)));
    await deployment.until(isResumed, HOUR);
  }
  await untilOver(deployment, held, 'the resumed run');
  await at('resumed');
  const { id } = await user.request(() =>
    user.client.rerun(held, { from: 'size' }, { idempotencyKey: `${pipeline.project}-again` }),
  );
  const again = runIdSchema.parse(id);
  await untilOver(deployment, again, 'the rerun');
  return [held, again];
}
