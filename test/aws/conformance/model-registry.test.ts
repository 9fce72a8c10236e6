/**
 * The model registry on tables in memory: its conformance, the requests of the list of models, and
 * that list after each fault of a change.
 *
 * @module
 */
import { afterEach, expect, test, vi } from 'vitest';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { createDynamoModelRegistry } from '../../../src/aws/storage/model-registry.ts';
import type { ModelRegistry } from '../../../src/ports/model-registry.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { aVersion, iris, modelRegistryConformance } from '../../conformance/model-registry.ts';
import { portsOn } from './dynamo.ts';
import { type Fault, faultyClient } from './faulty-client.ts';

function aTable() {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('tasks', TASKS_TABLE);
  dynamo.createTable('cache', CACHE_TABLE);
  const registry = (client = dynamo.client()): ModelRegistry =>
    createDynamoModelRegistry({ client, table: 'tasks' });
  return { dynamo, registry };
}

afterEach(() => void vi.useRealTimers());

modelRegistryConformance(async () =>
  portsOn(
    aTable().dynamo.client(),
    { tasks: 'tasks', cache: 'cache' },
    { role: 'reader', checkpointAfterCommits: 16 },
  ),
);

test('a page of the list of models is one request, whatever the number of models and versions', async () => {
  const { dynamo, registry } = aTable();
  const models = registry();
  for (let n = 0; n < 30; n += 1)
    for (const version of [1, 2]) await models.register(aVersion(version, { name: `m${n}` }));
  await models.change({ ...iris, name: 'm3' }, 2, { publishedAt: null });
  dynamo.reset();
  const page = await models.models({ limit: 100 });
  expect(dynamo.reset().requests).toBe(1);
  expect(page.map(({ published }) => published)).toEqual(
    page.map(({ name }) => (name === 'm3' ? 1 : 2)),
  );
});

/** The published version according to the list of models, and according to the versions. */
async function publishedVersions(models: ModelRegistry): Promise<readonly unknown[]> {
  const [listed] = await models.models({ limit: 9 });
  return [listed?.published ?? null, (await models.published(iris))?.version ?? null];
}

const CHANGES: Readonly<Record<string, (models: ModelRegistry) => Promise<unknown>>> = {
  registers: (models) => models.register(aVersion(3)),
  publishes: (models) => models.change(iris, 2, { publishedAt: 30 }),
  unpublishes: (models) => models.change(iris, 1, { publishedAt: null }),
};
const FAULTS: readonly Fault[] = ['crash before', 'crash after', 'response lost', 'throttled'];

test.each(Object.keys(CHANGES).flatMap((change) => FAULTS.map((fault) => ({ change, fault }))))(
  'a request that $change and meets the fault "$fault" at any call leaves a right list of models',
  async ({ change, fault }) => {
    for (let at = 0, more = true; more; at += 1) {
      const { dynamo, registry } = aTable();
      const models = registry();
      await models.register(aVersion(1));
      await models.register(aVersion(2, { publishedAt: null }));
      const { client, calls } = faultyClient(dynamo.client(), { fault, at });
      await CHANGES[change]?.(registry(client)).catch(() => undefined);
      more = calls() > at;
      const [listed, published] = await publishedVersions(models);
      expect({ at, listed }).toEqual({ at, listed: published });
      // Other changes come after it.
      await models.change(iris, 1, { publishedAt: 40 });
      await models.change(iris, 2, { publishedAt: null });
      const [later, expected] = await publishedVersions(models);
      expect({ at, later }).toEqual({ at, later: expected });
    }
  },
);

test.each([0, 1, 2, 3, 4, 5, 6])(
  'a change whose call %d is delayed by other changes leaves a right list of models',
  async (at) => {
    const { dynamo, registry } = aTable();
    const models = registry();
    for (const n of [1, 2]) await models.register(aVersion(n));
    const meanwhile = async () => {
      await models.change(iris, 2, { publishedAt: null });
      expect(await publishedVersions(models)).toEqual([1, 1]);
      await models.change(iris, 1, { publishedAt: null });
    };
    const { client } = faultyClient(dynamo.client(), { fault: 'delayed', at, meanwhile });
    await registry(client).change(iris, 1, { addTags: ['a'], publishedAt: 50 });
    const [listed, published] = await publishedVersions(models);
    expect(listed).toBe(published);
  },
);

test('after a change that crashed, the next change an hour later makes a page one request again', async () => {
  const { dynamo, registry } = aTable();
  const models = registry();
  await models.register(aVersion(1));
  const { client } = faultyClient(dynamo.client(), { fault: 'crash after', at: 2 });
  await registry(client)
    .change(iris, 1, { publishedAt: null })
    .catch(() => undefined);
  const requests = async () => {
    dynamo.reset();
    await models.models({ limit: 9 });
    return dynamo.reset().requests;
  };
  await models.change(iris, 1, { publishedAt: 60 });
  expect(await requests()).toBe(2);
  vi.useFakeTimers({ now: Date.now() + 3_700_000, toFake: ['Date'] });
  await models.change(iris, 1, { publishedAt: null });
  expect(await requests()).toBe(1);
});
