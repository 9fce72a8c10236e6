/**
 * A thousand clients at once at the server on this machine: each acknowledged run exists once.
 *
 * @module
 */
import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { aServer, type Dev, stop } from './dev.ts';

const CLIENTS = 1000;

const SOURCE = `
import { pipeline } from 'headrace';
export const main = pipeline({ name: 'crowd', project: 'tests' }, async (n = 0) => n + 1);
`;

const createdSchema = z.object({ id: z.string() });
const pageSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      number: z.int(),
      status: z.string(),
      args: z.object({ n: z.int() }).nullish(),
    }),
  ),
  next: z.string().nullable(),
});

/** Sends one request of a client, on its own connection. */
function send(
  { endpoint, token }: Dev,
  method: string,
  path: string,
  given?: { readonly key: string; readonly body: object },
): Promise<unknown> {
  const agent = new Agent({ keepAlive: false });
  const headers = {
    authorization: `Bearer ${token}`,
    ...(given === undefined
      ? {}
      : { 'content-type': 'application/json', 'idempotency-key': given.key }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${endpoint}${path}`, { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${path} was answered with ${statusCode}: ${text}`));
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(given === undefined ? undefined : JSON.stringify(given.body));
  });
}

async function allRuns(dev: Dev) {
  const runs: z.infer<typeof pageSchema>['items'] = [];
  for (let cursor = ''; ; ) {
    const page = pageSchema.parse(
      await send(dev, 'GET', `/v1/runs?project=tests&limit=200${cursor}`),
    );
    runs.push(...page.items);
    if (page.next === null) return runs;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

test('a thousand clients that each repeat a create before the response have one run each', {
  timeout: 300_000,
}, async () => {
  const dev = await aServer({ 'main.ts': SOURCE });
  // Registers the version.
  await dev.project.json('run', 'main.ts');
  const numbers = Array.from({ length: CLIENTS }, (_, n) => n);
  const create = async (n: number) =>
    createdSchema.parse(
      await send(dev, 'POST', '/v1/runs', {
        key: `client-${n}`,
        body: { pipeline: 'crowd', project: 'tests', args: { n } },
      }),
    ).id;
  // Two thousand concurrent requests.
  const created = await Promise.all(numbers.map((n) => Promise.all([create(n), create(n)])));
  for (const [once, again] of created) expect(again).toBe(once);
  const ids = created.map(([id]) => id);
  expect(new Set(ids).size).toBe(CLIENTS);
  // A third request for each run, while some runs are finished and others are not.
  expect(await Promise.all(numbers.map(create))).toEqual(ids);

  const runs = await allRuns(dev);
  expect(runs).toHaveLength(CLIENTS + 1);
  expect(
    runs
      .map(({ id }) => id)
      .filter((id) => ids.includes(id))
      .sort(),
  ).toEqual([...ids].sort());
  expect(runs.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
    Array.from({ length: CLIENTS + 1 }, (_, n) => n + 1),
  );

  // Each run completes.
  await expect
    .poll(async () => (await allRuns(dev)).filter(({ status }) => status !== 'completed').length, {
      timeout: 200_000,
      interval: 1000,
    })
    .toBe(0);
  const results = await Promise.all(ids.map((id) => send(dev, 'GET', `/v1/runs/${id}`)));
  expect(
    results.map(
      (run) => z.object({ result: z.object({ text: z.string() }) }).parse(run).result.text,
    ),
  ).toEqual(numbers.map((n) => String(n + 1)));
  expect(dev.running.stderr()).not.toContain(' failed: ');
  expect(await stop(dev.running)).toBe(0);
});
