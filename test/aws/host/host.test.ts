/**
 * A deployment in the runtime host, through the API that users call.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../../src/client/client.ts';
import { startRemoteRun } from '../../../src/launch/remote/start-run.ts';
import { compile } from '../../../src/submit/compile.ts';
import type { Invocation } from '../../../testing/lambda/invocation.ts';
import { NO_FAULTS, planOf, type WorldPlan } from '../../simulation/plan.ts';
import { PLAIN_COMPONENT } from '../../simulation/program.ts';
import { pipelineFile } from '../deployed/remote.ts';
import { isEvaluator } from './deployment.ts';
import { type Host, startHost } from './host.ts';
import { planExecutor } from './plan-executor.ts';

let host: Host;
let client: Client;
const invocations: Invocation[] = [];

/** The component `large` returns values that are stored as objects. */
const PLAN: WorldPlan = {
  ...planOf(0),
  runs: planOf(0).runs.map((run) => ({
    ...run,
    program: { components: [{ ...PLAIN_COMPONENT, name: 'large', large: true }], body: [] },
  })),
  faults: NO_FAULTS,
};

beforeAll(async () => {
  host = await startHost({
    executor: (services) => planExecutor(services, () => PLAN),
    onInvocation: (invocation) => invocations.push(invocation),
  });
  client = createClient({ endpoint: host.endpoint, sign: async ({ headers }) => headers });
});
afterAll(() => host?.stop());

/** Runs the pipeline `main` of this source to completion. */
async function run(text: string) {
  const file = await pipelineFile(text);
  const { id } = await startRemoteRun(
    { client, endpoint: host.endpoint },
    { compiled: await compile({ file }), args: {}, noCache: false },
  );
  await host.until(async () => (await client.run(id)).endedAt !== null);
  return await client.run(id);
}

const pipeline = (name: string, project: string, body: string) => `
  import { component, pipeline } from 'headrace';
  const step = component({ returnValues: ['value'] }, async function step(value: number) { return value; });
  const large = component({ returnValues: ['value'] }, async function large(value: number) { return value; });
  const refuse = async (value: number): Promise<number> => { throw new Error('refused ' + value); };
  export const main = pipeline({ name: '${name}', project: '${project}', version: '1' }, async function main() { ${body} });`;

describe('the deployed resources', () => {
  it('the host reads functions, limits, tenants, queues and event sources from the template', () => {
    const { functions, sources, queues } = host.deployment;
    const actual = functions.map(
      ({ name, runtime, timeoutMs, memoryMiB, tenantIsolation, recursiveLoop }) => [
        name,
        { runtime, timeoutMs, memoryMiB, tenantIsolation, recursiveLoop },
      ],
    );
    const common = { runtime: 'nodejs24.x', recursiveLoop: 'Allow' };
    expect(Object.fromEntries(actual)).toMatchObject({
      'headrace-controller': {
        ...common,
        timeoutMs: 60_000,
        memoryMiB: 512,
        tenantIsolation: false,
      },
      [functions.find(({ name }) => isEvaluator(name))?.name ?? '']: {
        ...common,
        timeoutMs: 45_000,
        memoryMiB: 1024,
        tenantIsolation: true,
      },
      'headrace-router': { ...common, timeoutMs: 30_000, memoryMiB: 256, tenantIsolation: false },
    });
    expect([...sources].sort((a, b) => (a.functionName < b.functionName ? -1 : 1))).toMatchObject([
      { functionName: 'headrace-controller', batchSize: 10, reportBatchItemFailures: true },
      { functionName: 'headrace-router', batchSize: 10, reportBatchItemFailures: true },
      {
        functionName: 'headrace-router',
        batchSize: 100,
        windowMs: 1000,
        reportBatchItemFailures: true,
      },
      { functionName: 'headrace-schedules', batchSize: 10, reportBatchItemFailures: true },
    ]);
    expect(queues.map(({ attributes }) => attributes)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          FifoQueue: 'true',
          VisibilityTimeout: '360',
          DeduplicationScope: 'messageGroup',
          FifoThroughputLimit: 'perMessageGroupId',
        }),
      ]),
    );
    expect(host.queues.transitions.settings).toMatchObject({
      fifo: true,
      visibilityMs: 360_000,
      maxReceiveCount: 30,
      deduplicationScope: 'messageGroup',
    });
  });
});

describe('a pipeline through the API', { timeout: 240_000 }, () => {
  it('a pipeline completes, and each project has its own evaluator environment', async () => {
    const body =
      'const first = await step(1); return [typeof first, (await Promise.all([step(2), step(3)])).length];';
    for (const project of ['one', 'two']) {
      expect(await run(pipeline('loop', project, body))).toMatchObject({
        status: 'completed',
        error: null,
        result: { text: '["number",2]' },
      });
    }
    const tenants = new Map(
      invocations
        .filter(({ function: name }) => isEvaluator(name))
        .map(({ environment, tenant }) => [environment, tenant]),
    );
    expect(new Set(tenants.values())).toEqual(new Set(['one', 'two']));
    await host.until(async () => host.queues.transitions.messages.length === 0);
  });

  it.each([
    ['a step', 'step'],
    ['a value of the store', 'large'],
  ])(
    'logic that handles a rejection only after it awaited %s completes, and its evaluator continues',
    async (_, awaited) => {
      invocations.length = 0;
      const body = `const refused = refuse(2); await ${awaited}(1); try { return await refused; } catch (error) { return String(error); }`;
      expect(await run(pipeline(`late-${awaited}`, 'one', body))).toMatchObject({
        status: 'completed',
        error: null,
        result: { text: '"Error: refused 2"' },
      });
      const evaluations = invocations.filter(({ function: name }) => isEvaluator(name));
      expect(new Set(evaluations.map(({ environment }) => environment)).size).toBe(1);
      expect(new Set(evaluations.map(({ status }) => status))).toEqual(new Set(['success']));
    },
  );

  it('a pipeline whose logic uses all memory ends only its own run and environment', async () => {
    const greedy = await run(
      pipeline(
        'greedy',
        'one',
        'await step(1); const kept: unknown[] = []; while (true) if (kept.length < 24) kept.push(new Float64Array(8_000_000).fill(1));',
      ),
    );
    expect(greedy).toMatchObject({ status: 'failed', error: { name: 'EvaluatorCrashedError' } });
    expect(invocations.filter(({ status }) => status === 'out of memory')).toHaveLength(2);
    expect(await run(pipeline('after', 'one', 'return typeof (await step(5));'))).toMatchObject({
      status: 'completed',
    });
  });
});
