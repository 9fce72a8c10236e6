/**
 * Runs in a deployed stack that are aborted, time out, lose their machine, are resumed or rerun.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/client/client.ts';
import { sessionSchema } from '../../../src/wire/console.ts';
import { statuses } from '../../e2e/headrace.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { jobsOf } from './jobs.ts';
import { clientOf, headrace, pipelineFile, printed, until } from './remote.ts';

let cloud: Cloud;
let client: Client;
beforeAll(async () => {
  cloud = await startCloud({ batch: { stopGraceMs: 2000 } });
  client = clientOf(cloud);
});
afterAll(() => cloud?.stop());

/** Starts a run without waiting for it; returns its id. */
async function started(file: string, pipeline: string): Promise<string> {
  headrace(cloud, 'run', file);
  while (true) {
    const { items } = await client.runs({ pipeline });
    if (items[0] !== undefined) return items[0].id;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilRunning(run: string): Promise<void> {
  while (true) {
    const { items } = await client.steps(run);
    if (items.some(({ status }) => status === 'running')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const sleeper = (name: string, options = '') => `
  import { component, pipeline } from 'headrace';
  const wait = component({ returnValues: ['waited'], ${options} }, async function wait(seconds: number) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return seconds;
  });
  export const main = pipeline({ name: '${name}', project: 'control', version: '1' }, async function main(seconds = 600) { return await wait(seconds); });`;

describe('the control of runs in a deployed stack', () => {
  it('a pipeline that its caller would evaluate is refused, and no run exists', {
    timeout: 300_000,
  }, async () => {
    const file = await pipelineFile(
      sleeper('external').replace(
        "name: 'external'",
        "name: 'external', pipelineExecutionQueue: null",
      ),
    );
    const { code, stderr } = await headrace(cloud, 'run', file).ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain('api: { externalEvaluation: true }');
    expect((await client.runs({ pipeline: 'external' })).items).toEqual([]);
  });

  it('headrace console signs requests of its page for the deployed API', async () => {
    const { process: server } = headrace(cloud, 'console', '--port', '0', '--read-only');
    const link = await new Promise<string>((resolve) => {
      let text = '';
      server.stdout?.on('data', (chunk) => {
        text += chunk;
        const [found] = /http\S+#code=\S+/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    const { origin, hash } = new URL(link);
    const response = await fetch(`${origin}/console/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: hash.replace('#code=', '') }),
    });
    const { token } = sessionSchema.parse(await response.json());
    const send = (path: string, method = 'GET') =>
      fetch(`${origin}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    const runs = await send('/v1/runs?pipeline=none%20such&limit=5');
    expect([runs.status, await runs.json()]).toEqual([200, { items: [], next: null }]);
    const refused = await send('/v1/runs/no-id');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json',
    ]);
    expect((await send('/v1/cache?all=true', 'DELETE')).status).toBe(403);
  });

  it('an aborted run terminates its job and stores the reason', { timeout: 300_000 }, async () => {
    const run = await started(await pipelineFile(sleeper('aborted')), 'aborted');
    await untilRunning(run);
    await client.abort(run, 'enough');
    const { status, abortReason } = await until(client, run, ({ endedAt }) => endedAt !== null);
    expect({ status, abortRequested: abortReason }).toEqual({
      status: 'aborted',
      abortRequested: 'enough',
    });
    const [job] = await jobsOf(cloud, run);
    expect(job).toMatchObject({ status: 'FAILED' });
  });

  it('a step over its time limit fails with that reason', { timeout: 300_000 }, async () => {
    const { code, run } = await printed(
      cloud,
      'run',
      await pipelineFile(sleeper('timed', 'timeoutSeconds: 3')),
    );
    expect(code).not.toBe(0);
    expect(run.status).toBe('failed');
    expect(run.steps[0]?.attempts[0]?.reason).toMatch(/3 s/);
  });

  it('a step whose machine is reclaimed is attempted again without using its retries', {
    timeout: 300_000,
  }, async () => {
    const file = await pipelineFile(sleeper('reclaimed'));
    const id = await started(file, 'reclaimed');
    await untilRunning(id);
    const [job] = await jobsOf(cloud, id);
    cloud.batch.reclaim(job?.jobId ?? '');
    while (true) {
      const { items } = await client.steps(id);
      if ((items[0]?.attempts.length ?? 0) > 1) {
        expect(items[0]?.attempts[0]).toMatchObject({
          status: 'failed',
          infrastructureFailure: true,
        });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await client.abort(id, 'seen');
    await until(client, id, ({ endedAt }) => endedAt !== null);
  });

  it('a failed run is resumed without repeating completed steps, and rerun from a step', {
    timeout: 300_000,
  }, async () => {
    const file = await pipelineFile(`
      import { component, pipeline } from 'headrace';
      import { existsSync, writeFileSync } from 'node:fs';
      const first = component({ returnValues: ['at'] }, async function first() { return Math.random(); });
      const second = component({ returnValues: ['got'] }, async function second(at: number, mark: string) {
        if (!existsSync(mark)) {
          writeFileSync(mark, 'seen');
          throw new Error('not yet');
        }
        return at;
      });
      export const main = pipeline({ name: 'resumed', project: 'control', version: '1' }, async function main(mark: string) {
        return await second(first(), mark);
      });`);
    const mark = `${file}.mark`;
    const failed = await printed(cloud, 'run', file, '--arg', `mark=${mark}`);
    expect(failed.run.status, failed.stderr).toBe('failed');
    expect(failed.run.error?.message).toContain('not yet');

    const { run: resumed } = await printed(cloud, 'runs', 'resume', failed.run.id);
    expect(resumed).toMatchObject({ id: failed.run.id, status: 'completed' });
    expect(statuses(resumed)).toEqual({ first: 'completed', second: 'completed' });
    expect(resumed.steps[0]?.attempts).toHaveLength(1);

    const { run: rerun } = await printed(cloud, 'runs', 'rerun', failed.run.id, '--from', 'second');
    expect(rerun).toMatchObject({ status: 'completed', result: resumed.result });
    expect(rerun.id).not.toBe(failed.run.id);
  });
});
