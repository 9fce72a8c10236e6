/**
 * The scenario whose requests are recorded. It uses every feature of runs once: values in
 * messages and in the store, a file in several parts, a fan-out whose spec is an object, a cache
 * hit and a wait for one, a secret, a scheduled timer, an abort, a resume and a rerun, logic in a
 * job of its own, and all queries of users and of the console.
 *
 * @module
 */
import { z } from 'zod';
import { type Client, createClient } from '../../src/client/client.ts';
import { sigV4 } from '../../src/client/signing.ts';
import type { RunDocument } from '../../src/wire/runs.ts';
import type { RoleCloud } from './cloud.ts';
import { type ConsoleAnswers, readAsConsole } from './console-requests.ts';
import { PIPELINE_NAME, pipelineOf } from './pipeline.ts';
import { runPipeline } from './run-pipeline.ts';

/**
 * The result of the pipeline: the length of the text, with the secret's nine characters, and 1 + 4
 * + 9.
 */
export const RESULT = 20_000 + 9 + 14;
export const SECRETS = { 'examples/key': 'nine text' };

const PAUSE_MS = 100;

export const clientOf = ({ endpoint, cloud }: RoleCloud): Client => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'user', AWS_SECRET_ACCESS_KEY: 'user' });
  return createClient({ endpoint, sign: sigV4({ region: cloud.region }) });
};

export async function until(
  client: Client,
  run: string,
  holds: (run: RunDocument) => boolean,
): Promise<RunDocument> {
  while (true) {
    const document = await client.run(run);
    if (holds(document)) return document;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

export const hasEnded = ({ endedAt }: RunDocument): boolean => endedAt !== null;

export interface ScenarioOutcome {
  readonly first: RunDocument;
  readonly cached: RunDocument;
  readonly aborted: RunDocument;
  readonly resumed: RunDocument;
  readonly rerun: RunDocument;
  /** A run whose logic a job evaluates. */
  readonly evaluatedByJob: RunDocument;
  /** The log of the first step, and the content of its artifact. */
  readonly log: string;
  readonly artifact: string;
  readonly steps: string;
  readonly swept: readonly string[];
  readonly console: ConsoleAnswers;
}

export async function runScenario(cloud: RoleCloud): Promise<ScenarioOutcome> {
  const client = clientOf(cloud);
  // The first turn that submits a job fails for all retries of the client, so that its messages are
  // made visible again.
  cloud.batch.fail({ operation: 'submitjob', times: 3, type: 'ServerException' });
  const id = await completed(cloud, pipelineOf('examples', { secret: 'examples/key' }));
  const [jobEvaluatedId] = await Promise.all([
    completed(cloud, pipelineOf('undeclared', { queue: 'default' }), '--arg', 'mode=small'),
    completed(cloud, pipelineOf('team/other'), '--arg', 'mode=small'),
  ]);
  const evaluatedByJob = await client.run(jobEvaluatedId);
  const first = await client.run(id);

  const steps = await client.steps(id);
  const call = steps.items.find(({ component }) => component === 'large')?.call ?? 0;
  const { lines } = await client.logs(id, call);
  const { items: artifacts } = await client.stepArtifacts(id, call);
  const content = artifacts[0]?.content;
  const artifact =
    content !== undefined && 'link' in content
      ? await (await client.readLink(content.link)).text()
      : '';
  await Promise.all([
    client.stepMetrics(id, call),
    client.texts(id, call),
    client.runMetrics(id),
    client.runArtifacts(id),
    client.runModels(id),
    client.models(),
  ]);
  await Promise.all([
    client.runs({ project: 'examples' }),
    client.runs({ status: 'completed' }),
    client.pipelines(),
    client.cache({ project: 'examples' }),
    client.queues(),
  ]);
  await client.versions({ project: 'examples', pipeline: PIPELINE_NAME });
  const console = await readAsConsole(cloud, id, { call, artifact: artifacts[0]?.name ?? '' });

  const created = (args: Readonly<Record<string, string>>) =>
    client.createRun({ project: 'examples', pipeline: PIPELINE_NAME, args });
  const again = await created({});
  const waiting = await created({ mode: 'hold', given: '/no/such/file' });
  // The second run waits for the result of the first.
  const slow = [await created({ mode: 'slow' }), await created({ mode: 'slow' })];
  const cached = await until(client, again.id, hasEnded);
  await client.changeTags(again.id, { add: ['abort'], remove: [] });
  await untilRunning(client, waiting.id);
  // Longer than two sweeps, so that one of them requests the state of the job from Batch.
  await untilRequested(cloud, 'batch', 'DescribeJobs');
  await client.abort(waiting.id, 'abort');
  const aborted = await until(client, waiting.id, hasEnded);
  await client.resume(waiting.id);
  await untilRunning(client, waiting.id);
  await client.abort(waiting.id, 'abort again');
  const resumed = await until(client, waiting.id, hasEnded);
  const { id: next } = await client.rerun(id, { from: 'square' });
  const rerun = await until(client, next, hasEnded);
  for (const each of slow) await until(client, each.id, hasEnded);
  await client.removeRun(next);
  await client.clearCache({ project: 'examples' });
  await cloud.functions.sweeper.invoke({});
  await useSchedules(cloud, client);
  return {
    first,
    cached,
    aborted,
    resumed,
    rerun,
    evaluatedByJob,
    log: lines.map(({ text }) => text).join('\n'),
    steps: JSON.stringify(steps, null, 1),
    artifact,
    swept: cloud.functions.sweeper.lines,
    console,
  };
}

/** A schedule is added, fired, checked and removed. */
async function useSchedules({ functions }: RoleCloud, client: Client): Promise<void> {
  const name = 'nightly';
  const spec = { project: 'examples', pipeline: PIPELINE_NAME, name, args: { mode: 'small' } };
  const receive = (body: object) =>
    functions.schedules.invoke({
      Records: [{ messageId: '1', receiptHandle: '1', body: JSON.stringify(body), attributes: {} }],
    });
  const due = { kind: 'due', project: 'examples', schedule: name, due: '2099-01-01T00:00:00Z' };
  await client.schedules.put({ spec: { ...spec, cron: '0 0 1 1 *' } });
  await receive(due);
  await receive({ ...due, due: '2099-01-01T12:00:00Z' });
  await client.schedules.put({ spec: { ...spec, after: { pipeline: 'etl' } }, replace: true });
  await receive({ kind: 'check' });
  await client.schedules.remove(name, { project: 'examples' });
  await receive(due);
}

/** The id of the run. */
async function completed(
  cloud: RoleCloud,
  pipeline: string,
  ...args: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await runPipeline(cloud, pipeline, ...args);
  if (code !== 0)
    throw new Error(`the run ended with ${code}:\n${stderr}\n${stdout}\n${logTails(cloud)}`);
  return z.object({ id: z.string() }).parse(JSON.parse(stdout)).id;
}

export async function untilRunning(client: Client, run: string, component?: string): Promise<void> {
  while (true) {
    const { items } = await client.steps(run);
    if (
      items.some(
        (step) =>
          step.status === 'running' && (component === undefined || step.component === component),
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function untilRequested(
  { recorded }: RoleCloud,
  service: string,
  operation: string,
): Promise<void> {
  while (!recorded.some((each) => each.service === service && each.name === operation))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/** The last log lines of each function, for the message of a failure. */
export const logTails = ({ functions }: RoleCloud): string =>
  Object.entries(functions)
    .map(([name, { lines }]) => `${name}:\n${lines.slice(-15).join('\n')}`)
    .join('\n');
