import { describe, expect, it } from 'vitest';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { removeRun } from '../../../src/controller/run/run-removal.ts';
import { jobName, type RunId } from '../../../src/model/ids.ts';
import { generationStopKey, jobStopKey, runPrefixes } from '../../../src/model/object-layout.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { ControllerHarness } from './harness.ts';
import type { Script } from './logic.ts';

const script: Script = {
  components: { load: { cache: true }, train: {} },
  main: async (logic) => logic.call('train', logic.call('load')),
};

/** A completed run, with an object under each of its prefixes. */
async function aCompletedRun(
  storage: MemoryStorage,
  id: string,
): Promise<{
  readonly harness: ControllerHarness;
  readonly run: RunId;
  readonly objects: readonly string[];
}> {
  const harness = new ControllerHarness(script, () => 42, storage);
  const run = await harness.start({}, id);
  const { head, info } = await harness.run(run);
  expect(head.status).toBe('completed');
  const objects = runPrefixes(info).map((prefix) => `${prefix}0/1/value`);
  for (const key of objects) await storage.objects.put(key, Buffer.from('data'));
  return { harness, run, objects };
}

async function remove(
  storage: MemoryStorage,
  { harness, run }: { readonly harness: ControllerHarness; readonly run: RunId },
): Promise<void> {
  await removeRun(
    { ...storage, removal: storage.tasks, queries: storage.tasks },
    (await harness.run(run)).info,
  );
}

const remaining = async (storage: MemoryStorage, objects: readonly string[]) =>
  (
    await Promise.all(
      objects.map(async (key) => ((await storage.objects.exists(key)) ? [key] : [])),
    )
  ).flat();

describe('the objects of a removed run', () => {
  it('the objects of a removed run are removed if no other run shares them', async () => {
    const storage = createMemoryStorage();
    const first = await aCompletedRun(storage, '1'.repeat(26));
    await remove(storage, first);
    expect(await remaining(storage, first.objects)).toEqual([]);
  });

  it('what stops the functions of a removed run stays: a message of it may be in a queue', async () => {
    const storage = createMemoryStorage();
    const first = await aCompletedRun(storage, '1'.repeat(26));
    const { info } = await first.harness.run(first.run);
    const stops = [
      generationStopKey(info.project, first.run, 0),
      jobStopKey(info.project, first.run, { name: jobName(first.run, 0, 1), index: 2 }),
    ];
    for (const key of stops) await storage.objects.put(key, Buffer.from(''));
    await remove(storage, first);
    expect(await remaining(storage, stops)).toEqual(stops);
  });

  it('the objects of a removed run stay if another run has a cache hit on one of its steps', async () => {
    const storage = createMemoryStorage();
    const first = await aCompletedRun(storage, '1'.repeat(26));
    const second = await aCompletedRun(storage, '2'.repeat(26));
    expect(await second.harness.statuses(second.run)).toEqual({
      load: 'cached',
      train: 'completed',
    });
    await remove(storage, first);
    expect(await remaining(storage, first.objects)).toEqual(first.objects);
    await remove(storage, second);
    expect(await remaining(storage, second.objects)).toEqual([]);
  });

  it('the objects of a removed run stay if a rerun adopted its steps', async () => {
    const storage = createMemoryStorage();
    const first = await aCompletedRun(storage, '1'.repeat(26));
    const info = {
      ...first.harness.info({}, '2'.repeat(26)),
      rerunOf: first.run,
      rerunFrom: { step: 'train', sameCode: true },
    };
    await storage.tasks.createRun(info, newHead(info));
    await first.harness.send({ kind: 'run.created', run: info.id });
    expect((await first.harness.finish(info.id)).head.status).toBe('completed');
    await remove(storage, first);
    expect(await remaining(storage, first.objects)).toEqual(first.objects);
  });

  it('a cache entry of a removed run stays, with its objects, and is a hit', async () => {
    const storage = createMemoryStorage();
    const first = await aCompletedRun(storage, '1'.repeat(26));
    const [load] = await storage.tasks.steps(first.run, [0]);
    const entry = await storage.cache.entry(load?.cacheKey ?? '');
    if (entry === undefined) throw new Error('the step was not cached');
    const key = first.objects[0] ?? '';
    const party = { run: first.run, call: 0 };
    await storage.cache.acquire(entry.key, party);
    const value = { format: 'json', key, size: 4, hash: 'h' } as const;
    await storage.cache.publish({ ...entry, values: [value] }, party);
    await remove(storage, first);
    expect(await remaining(storage, first.objects)).toEqual([key]);
    const second = await aCompletedRun(storage, '2'.repeat(26));
    expect(await second.harness.statuses(second.run)).toEqual({
      load: 'cached',
      train: 'completed',
    });
  });
});
