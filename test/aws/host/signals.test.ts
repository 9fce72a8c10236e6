/**
 * Signals of runs in emulated AWS, through the API.
 *
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, createClient } from '../../../src/client/client.ts';
import { startRemoteRun } from '../../../src/launch/remote/start-run.ts';
import { compile } from '../../../src/submit/compile.ts';
import { manualExecutor } from '../../../testing/batch/manual-executor.ts';
import { pipelineFile } from '../deployed/remote.ts';
import { type Host, startHost } from './host.ts';

let host: Host;
let client: Client;

beforeAll(async () => {
  host = await startHost({ executor: () => manualExecutor() });
  client = createClient({ endpoint: host.endpoint, sign: async ({ headers }) => headers });
});
afterAll(() => host?.stop());

it('a run that waits for a signal continues with the value that the API received, once for each key', async () => {
  const file = await pipelineFile(`
    import { pipeline, waitForSignal } from 'headrace';
    export const main = pipeline({ name: 'approval', project: 'tests' }, async function main() {
      const first = await waitForSignal('approve');
      return [first, await waitForSignal('approve')];
    });`);
  const { id } = await startRemoteRun(
    { client, endpoint: host.endpoint },
    { compiled: await compile({ file }), args: {}, noCache: false },
  );
  await host.until(async () => (await client.run(id)).waitsForSignals.length > 0);
  expect((await client.runs({})).items).toMatchObject([
    { id, status: 'running', waitsForSignals: ['approve'] },
  ]);
  await client.signal(id, 'approve', { value: { by: 'Ann' } }, { idempotencyKey: 'one' });
  await client.signal(id, 'approve', { value: { by: 'Ann' } }, { idempotencyKey: 'one' });
  const { revision } = await client.run(id);
  await host.until(async () => (await client.run(id)).revision > revision);
  await client.signal(id, 'approve', { value: 2 });
  await host.until(async () => (await client.run(id)).endedAt !== null);
  expect(await client.run(id)).toMatchObject({
    status: 'completed',
    waitsForSignals: [],
    result: { format: 'json', text: '[{"by":"Ann"},2]' },
  });
  await expect(client.signal(id, 'approve', {})).rejects.toMatchObject({ status: 409 });
});
