/**
 * Queues on Lambda in the runtime host: steps run in the deployed function, and in containers, by
 * their queue.
 *
 * @module
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../../src/client/client.ts';
import { startRemoteRun } from '../../../src/launch/remote/start-run.ts';
import { compile } from '../../../src/submit/compile.ts';
import { manualExecutor } from '../../../testing/batch/manual-executor.ts';
import type { Invocation } from '../../../testing/lambda/invocation.ts';
import { pipelineFile } from '../deployed/remote.ts';
import { type Host, startHost } from './host.ts';

let host: Host;
let client: Client;
const invocations: Invocation[] = [];
const folder = mkdtempSync(join(tmpdir(), 'headrace-quick-'));

beforeAll(async () => {
  host = await startHost({
    config: {
      queues: {
        default: { type: 'fargate' },
        quick: { type: 'lambda', memoryMiB: 1024, timeoutSeconds: 60, maxConcurrency: 4 },
        // Its function has 21 s, and stops a step eight seconds before its end.
        brief: { type: 'lambda', timeoutSeconds: 1, maxConcurrency: 2 },
      },
    },
    executor: () => manualExecutor(),
    onInvocation: (invocation) => invocations.push(invocation),
  });
  client = createClient({ endpoint: host.endpoint, sign: async ({ headers }) => headers });
});
afterAll(() => host?.stop());

async function start(text: string): Promise<string> {
  const file = await pipelineFile(text);
  const { id } = await startRemoteRun(
    { client, endpoint: host.endpoint },
    { compiled: await compile({ file }), args: {}, noCache: false },
  );
  return id;
}

async function run(text: string) {
  const id = await start(text);
  await host.until(async () => (await client.run(id)).endedAt !== null);
  return client.run(id);
}

const pipeline = (components: string, body: string) => `
  import { component, pipeline } from 'headrace';
  ${components}
  export const main = pipeline({ name: 'quick', project: 'lambda', version: '1' }, async function main() { ${body} });`;

const stepInvocations = () =>
  invocations.filter(({ function: name }) => name.includes('LambdaQueues'));

const doubling = `const double = component({ returnValues: ['value'], executionQueue: 'quick' }, async function double(value: number) { return 2 * value; });`;

/** A component whose function has this body; `mark(name)` creates a file that the test sees. */
const quick = (options: string, body: string) => `
  const quick = component({ returnValues: ['value'], executionQueue: 'quick', ${options} }, async function quick(value: number) {
    const { appendFileSync, existsSync, writeFileSync } = await import('node:fs');
    const mark = (name: string) => appendFileSync(${JSON.stringify(join(folder, 'marks'))}, name + '\\n');
    const once = (name: string): boolean => {
      const file = ${JSON.stringify(`${folder}/`)} + name;
      if (existsSync(file)) return false;
      writeFileSync(file, '');
      return true;
    };
    ${body}
  });`;

const marks = () => {
  try {
    return readFileSync(join(folder, 'marks'), 'utf8').trim().split('\n').sort();
  } catch {
    return [];
  }
};

const stepsOf = async (id: string) => (await client.steps(id, { limit: 50 })).items;

describe('a queue on Lambda', { timeout: 240_000 }, () => {
  it('executes a chain, a fan-out and a failing step', async () => {
    invocations.length = 0;
    const ended = await run(
      pipeline(
        `${doubling}
         const refuse = component({ returnValues: ['value'], executionQueue: 'quick' }, async function refuse() { throw new RangeError('refused'); });`,
        `const values = await Promise.all([1, 2, 3].map((value) => double(double(value))));
         let error = '';
         try { await refuse(); } catch (caught) { error = String(caught); }
         return [JSON.stringify(values), error.includes('refused')];`,
      ),
    );
    expect(ended).toMatchObject({ status: 'completed' });
    expect((await stepsOf(ended.id)).map(({ name, status }) => `${name} ${status}`).sort()).toEqual(
      [
        'double completed',
        'double_1 completed',
        'double_2 completed',
        'double_3 completed',
        'double_4 completed',
        'double_5 completed',
        'refuse failed',
      ],
    );
    expect(stepInvocations().length).toBe(7);
  });

  it('runs a step again whose function died, as a failure of the infrastructure', async () => {
    const ended = await run(
      pipeline(
        quick('', `if (once('died')) process.kill(process.ppid, 'SIGKILL'); return value;`),
        'return quick(1);',
      ),
    );
    expect(ended).toMatchObject({ status: 'completed' });
    const [step] = await stepsOf(ended.id);
    expect(step?.attempts).toMatchObject([
      {
        status: 'failed',
        infrastructureFailure: true,
        reason: 'its function ended without reporting a result',
      },
      { status: 'completed' },
    ]);
  });

  it('reports a process that was killed at once, as a failure of the step', async () => {
    const ended = await run(
      pipeline(
        quick('retryOnFailure: 0', `process.kill(process.pid, 'SIGKILL'); return value;`),
        'return quick(1);',
      ),
    );
    expect(ended).toMatchObject({ status: 'failed' });
    const [step] = await stepsOf(ended.id);
    expect(step?.attempts).toMatchObject([{ status: 'failed', exitCode: 137 }]);
    expect(step?.attempts[0]?.infrastructureFailure).toBe(false);
  });

  it('stops a step at its own limit', async () => {
    const ended = await run(
      pipeline(
        quick(
          'timeoutSeconds: 1, retryOnFailure: 0',
          'await new Promise((resolve) => setTimeout(resolve, 30_000)); return value;',
        ),
        'return quick(1);',
      ),
    );
    expect(ended).toMatchObject({ status: 'failed' });
    const [step] = await stepsOf(ended.id);
    expect(step?.attempts[0]?.reason).toContain('ran longer than its limit of 1 s');
  });

  it('stops a step before its function ends', async () => {
    const ended = await run(
      pipeline(
        quick(
          'retryOnFailure: 0',
          'await new Promise((resolve) => setTimeout(resolve, 60_000)); return value;',
        ).replace(`executionQueue: 'quick'`, `executionQueue: 'brief'`),
        'return quick(1);',
      ),
    );
    expect(ended).toMatchObject({ status: 'failed' });
    const [step] = await stepsOf(ended.id);
    expect(step?.attempts[0]?.reason).toMatch(
      /ran longer than the 1\d s that its queue gives a step/,
    );
  });

  it('is listed with its platform', async () => {
    expect((await client.queues()).items).toContainEqual(
      expect.objectContaining({ name: 'quick', platform: 'lambda', concurrency: 4 }),
    );
  });

  it('starts no attempt that was aborted before, and ignores those that run', async () => {
    const id = await start(
      pipeline(
        quick(
          '',
          `mark('started ' + value); await new Promise((resolve) => setTimeout(resolve, 20_000)); mark('ended ' + value); return value;`,
        ),
        'await Promise.all([1, 2, 3, 4, 5, 6, 7].map((value) => quick(value)));',
      ),
    );
    await host.until(async () => marks().length >= 4);
    await client.abort(id, 'enough');
    await host.until(async () => (await client.run(id)).endedAt !== null);
    await host.until(async () => host.functions.busy === 0 && stepQueueIsEmpty());
    expect(await client.run(id)).toMatchObject({ status: 'aborted' });
    expect((await stepsOf(id)).map(({ status }) => status)).toEqual(new Array(7).fill('aborted'));
    expect(marks().filter((mark) => mark.startsWith('started'))).toHaveLength(4);
  });

  it('refuses, before the run starts, what a function cannot do', async () => {
    const problems = async (options: string, ofPipeline = '') => {
      const source = pipeline(quick(options, 'return value;'), 'return quick(1);').replace(
        `version: '1'`,
        `version: '1' ${ofPipeline}`,
      );
      return start(source).then(
        () => 'accepted',
        (error: unknown) => String(error),
      );
    };
    expect(await problems(`docker: 'python:3.13'`)).toContain(
      'the queue quick runs steps in Lambda functions, which have no docker: use a queue on Fargate or EC2',
    );
    expect(await problems(`dockerArgs: '--gpus 1'`)).toContain('have no dockerArgs');
    expect(await problems(`repo: 'https://example.org/a.git'`)).toContain('have no repo');
    expect(await problems('timeoutSeconds: 61')).toContain(
      'the limit of the step is 61 s, and that of the queue quick is 60 s',
    );
    expect(await problems('', `, pipelineExecutionQueue: 'quick'`)).toContain(
      'Lambda functions, which do not evaluate logic',
    );
    expect(await problems('timeoutSeconds: 60')).toBe('accepted');
  });
});

const stepQueueIsEmpty = (): boolean => [...host.sources].every(({ hasWork }) => !hasWork);
