import { describe, expect, it } from 'vitest';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { removeRun } from '../../../src/controller/run/run-removal.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { runPrefixes } from '../../../src/model/object-layout.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { Bench } from './harness.ts';
import type { Script } from './logic.ts';

const script: Script = {
  components: { load: { cache: true }, train: {} },
  main: async (logic) => logic.call('train', logic.call('load')),
};

/** A run that is over, with an object under each of its prefixes. */
async function aRun(
  storage: MemoryStorage,
  id: string,
): Promise<{ readonly bench: Bench; readonly run: RunId; readonly objects: readonly string[] }> {
  const bench = new Bench(script, () => 42, storage);
  const run = await bench.start({}, id);
  const { head, info } = await bench.run(run);
  expect(head.status).toBe('completed');
  const objects = runPrefixes(info).map((prefix) => `${prefix}0/1/value`);
  for (const key of objects) await storage.objects.put(key, Buffer.from('data'));
  return { bench, run, objects };
}

async function remove(
  storage: MemoryStorage,
  { bench, run }: { readonly bench: Bench; readonly run: RunId },
): Promise<void> {
  await removeRun(
    { removal: storage.tasks, objects: storage.objects },
    (await bench.run(run)).info,
  );
}

const left = async (storage: MemoryStorage, objects: readonly string[]) =>
  (
    await Promise.all(
      objects.map(async (key) => ((await storage.objects.exists(key)) ? [key] : [])),
    )
  ).flat();

describe('the objects of a removed run', () => {
  it('go with it if no other run took anything over', async () => {
    const storage = createMemoryStorage();
    const first = await aRun(storage, '1'.repeat(26));
    await remove(storage, first);
    expect(await left(storage, first.objects)).toEqual([]);
  });

  it('stay if another run took a step of it from the cache', async () => {
    const storage = createMemoryStorage();
    const first = await aRun(storage, '1'.repeat(26));
    const second = await aRun(storage, '2'.repeat(26));
    expect(await second.bench.statuses(second.run)).toEqual({ load: 'cached', train: 'completed' });
    await remove(storage, first);
    expect(await left(storage, first.objects)).toEqual(first.objects);
    await remove(storage, second);
    expect(await left(storage, second.objects)).toEqual([]);
  });

  it('stay if a rerun took steps over', async () => {
    const storage = createMemoryStorage();
    const first = await aRun(storage, '1'.repeat(26));
    const info = {
      ...first.bench.info({}, '2'.repeat(26)),
      rerunOf: first.run,
      rerunFrom: { step: 'train', sameCode: true },
    };
    await storage.tasks.createRun(info, newHead(info));
    await first.bench.send({ kind: 'run.created', run: info.id });
    expect((await first.bench.finish(info.id)).head.status).toBe('completed');
    await remove(storage, first);
    expect(await left(storage, first.objects)).toEqual(first.objects);
  });

  it('are taken over by nobody once its removal began: a cache entry that names it is no hit, and goes', async () => {
    const storage = createMemoryStorage();
    const first = await aRun(storage, '1'.repeat(26));
    await storage.tasks.startRemoval(first.run);
    const second = await aRun(storage, '2'.repeat(26));
    expect(await second.bench.statuses(second.run)).toEqual({
      load: 'completed',
      train: 'completed',
    });
    expect((await storage.cache.entries({})).map(({ run }) => run)).toEqual([second.run]);
    await remove(storage, first);
    expect(await left(storage, first.objects)).toEqual([]);
  });
});
