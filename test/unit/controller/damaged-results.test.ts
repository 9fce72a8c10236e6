import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { RunId } from '../../../src/model/ids.ts';
import { returnValueKey } from '../../../src/model/object-layout.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { ControllerHarness, type JobOutcome } from './harness.ts';
import type { Script } from './logic.ts';

const script: Script = {
  components: { load: { cache: true }, train: {} },
  main: async (logic) => void (await logic.call('train', logic.call('load'))),
};
const CONTENT = Buffer.from('the rows of the data');

/** A cached result that is an object. Returns the key of the object. */
async function aCachedObject(storage: MemoryStorage): Promise<string> {
  const first = new ControllerHarness(script, () => 1, storage);
  const run = await first.start({}, '1'.repeat(26));
  const [load] = await storage.tasks.steps(run, [0]);
  const entry = await storage.cache.entry(load?.cacheKey ?? '');
  if (entry === undefined) throw new Error('the step was not cached');
  const key = returnValueKey(`p/examples/data/${run}/0/1`, 'job', 'rows');
  const { size, hash } = await storage.objects.put(key, CONTENT);
  const party = { run, call: 0 };
  await storage.cache.acquire(entry.key, party);
  await storage.cache.publish({ ...entry, values: [{ format: 'json', key, size, hash }] }, party);
  return key;
}

const statuses = async (
  storage: MemoryStorage,
  outcome: JobOutcome,
  id: string,
): Promise<{ harness: ControllerHarness; run: RunId; statuses: Record<string, string> }> => {
  const harness = new ControllerHarness(script, outcome, storage);
  const run = await harness.start({}, id.repeat(26));
  return { harness, run, statuses: await harness.statuses(run) };
};

const warnings = ({ statusEvents }: ControllerHarness): string[] =>
  statusEvents.flatMap((event) => (event.kind === 'log' ? [event.text] : []));

it('a cached object with its size is a hit', async () => {
  const storage = createMemoryStorage();
  await aCachedObject(storage);
  expect((await statuses(storage, () => 1, '2')).statuses.load).toBe('cached');
});

it.each(['', 'the rows', 'the rows of the data, twice'])(
  'a cached object that now is %j is no hit, and the step is computed again with a message',
  async (content) => {
    const storage = createMemoryStorage();
    const key = await aCachedObject(storage);
    await storage.objects.put(key, Buffer.from(content));
    const second = await statuses(storage, () => 1, '2');
    expect(second.statuses.load).toBe('completed');
    expect(warnings(second.harness).join()).toContain(
      `step load is computed again: of its cached result, the object ${key} has ${content.length} bytes, and ${CONTENT.length} were written`,
    );
    expect((await statuses(storage, () => 1, '3')).statuses.load).toBe('cached');
  },
);

it('a reader that finds damage removes the cache entry, and the next run computes it again', async () => {
  const storage = createMemoryStorage();
  const key = await aCachedObject(storage);
  const damage = Object.assign(new Error(`the object ${key} has another content`), {
    name: 'DamagedObjectError',
  });
  const second = await statuses(storage, ({ step }) => (step === 'train' ? damage : 1), '2');
  expect(second.statuses).toEqual({ load: 'cached', train: 'failed' });
  expect(warnings(second.harness).join()).toContain('the result of step load is damaged');
  const third = await statuses(storage, () => 1, '3');
  expect(third.statuses).toEqual({ load: 'completed', train: 'completed' });
});

it('an error of a step that names other objects removes no cache entry', async () => {
  const storage = createMemoryStorage();
  await aCachedObject(storage);
  const other = createHash('sha256').update('other').digest('hex');
  const damage = Object.assign(new Error(`the object p/${other} has another content`), {
    name: 'DamagedObjectError',
  });
  await statuses(storage, ({ step }) => (step === 'train' ? damage : 1), '2');
  expect((await statuses(storage, () => 1, '3')).statuses.load).toBe('cached');
});
