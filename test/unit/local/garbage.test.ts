import { createHash } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFileObjects } from '../../../src/local/file-objects.ts';
import { collectGarbage } from '../../../src/local/garbage.ts';
import { homeFiles } from '../../../src/local/home-files.ts';
import { openStore } from '../../../src/local/store/store.ts';
import type { RunId } from '../../../src/model/ids.ts';
import {
  inputKey,
  plotKey,
  returnValueKey,
  specValueKey,
} from '../../../src/model/object-layout.ts';
import { inputListText } from '../../../src/model/run-inputs.ts';
import type { StoredValue } from '../../../src/model/value.ts';
import {
  aCommit,
  aCompletedStep,
  aHead,
  anAttempt,
  anInfo,
  aPlot,
  aReport,
  runId,
} from '../../conformance/records.ts';
import { temporaryHomes } from './home.ts';

const { home: newHome } = temporaryHomes();
const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

function aHome() {
  const home = newHome();
  const store = openStore(home);
  const objects = createFileObjects(home);
  const dataKey = (run: RunId, name: string): string =>
    returnValueKey(`p/examples/data/${run}/0/1`, 'job', name);

  return {
    home,
    store,
    objects,
    dataKey,
    async put(key: string, ageDays = 100): Promise<StoredValue> {
      const { size, hash } = await objects.put(key, Buffer.from(key));
      const time = new Date(NOW - ageDays * DAY);
      await utimes(objects.path(key), time, time);
      return { format: 'json', key, size, hash };
    },
    /** A completed run with one step, which has these values. */
    async run(
      number: number,
      endedDaysAgo: number,
      values: readonly StoredValue[],
      cached = false,
    ) {
      const id = runId(number);
      await store.tasks.createRun(anInfo(id), aHead(id));
      const cacheKey = cached ? `key ${number}` : null;
      await store.tasks.commit(
        id,
        aCommit(
          aHead(id),
          { created: [aCompletedStep(0, { values, cacheKey })] },
          { status: 'completed', endedAt: NOW - endedDaysAgo * DAY },
        ),
      );
      if (cacheKey !== null)
        await store.cache.publish(
          {
            key: cacheKey,
            project: 'examples',
            component: 'a',
            run: id,
            step: 'a',
            values,
            artifacts: [],
            models: [],
            createdAt: NOW - endedDaysAgo * DAY,
          },
          { run: id, call: 0 },
        );
      return id;
    },
    collect: (dryRun = false) =>
      collectGarbage({ home, store, objects, before: NOW - 30 * DAY, now: NOW, dryRun }),
    async names(): Promise<string[]> {
      const names: string[] = [];
      for await (const { path, part } of homeFiles(home))
        if (part !== 'records' && part !== 'other') names.push(path.slice(home.length + 1));
      return names.sort();
    },
  };
}

describe('headrace gc', () => {
  it('removes runs that ended before the time, with their objects and cache entries', async () => {
    const { store, put, run, collect, dataKey, names, objects, home } = aHome();
    const old = runId(1);
    const value = await put(dataKey(old, 'a'));
    await run(1, 40, [value], true);
    const kept = await put(dataKey(runId(2), 'b'));
    await run(2, 10, [kept], true);
    const { runs, entries, files } = await collect();
    expect(runs.map(({ info }) => info.id)).toEqual([old]);
    expect(entries.map(({ key }) => key)).toEqual(['key 1']);
    expect(files.map(({ path }) => path)).toEqual([objects.path(value.key)]);
    expect(await store.tasks.run(old)).toBe(undefined);
    expect(await names()).toEqual([objects.path(kept.key).slice(home.length + 1)]);
    expect((await collect()).runs).toEqual([]);
    store.close();
  });

  it('the file of a published model stays when its run is removed, until it is unpublished', async () => {
    const { put, run, collect, dataKey, objects, store } = aHome();
    const value = await put(dataKey(runId(1), 'model'));
    await run(1, 40, [value, await put(dataKey(runId(1), 'own'))]);
    const model = await store.models.register({
      project: 'examples',
      name: 'iris',
      tags: [],
      framework: null,
      metadata: null,
      metrics: [],
      value,
      source: {
        run: runId(1),
        pipeline: 'iris',
        number: 1,
        pipelineVersion: '1.0.0',
        codeHash: 'code',
        model: 'model',
        step: null,
      },
      registeredAt: NOW,
      publishedAt: NOW,
    });
    const removed = async () => (await collect()).files.map(({ path }) => path);
    expect(await removed()).toEqual([objects.path(dataKey(runId(1), 'own'))]);
    await store.models.change(model, model.version, { publishedAt: null });
    expect(await removed()).toEqual([objects.path(value.key)]);
    store.close();
  });

  it('an object that a later run uses stays when the run that wrote it is removed', async () => {
    const { put, run, collect, dataKey, objects, store } = aHome();
    const value = await put(dataKey(runId(1), 'shared'));
    await run(1, 40, [value, await put(dataKey(runId(1), 'own'))]);
    await run(2, 10, [value]);
    const { files } = await collect();
    expect(files.map(({ path }) => path)).toEqual([objects.path(dataKey(runId(1), 'own'))]);
    expect(await readFile(objects.path(value.key), 'utf8')).toBe(value.key);
    store.close();
  });

  it('an object of a run without a record is removed, but not a new one', async () => {
    const { put, collect, dataKey, objects, store } = aHome();
    await put(dataKey(runId(7), 'left'), 2);
    await put(dataKey(runId(8), 'new'), 0);
    const { files } = await collect();
    expect(files.map(({ path }) => path)).toEqual([objects.path(dataKey(runId(7), 'left'))]);
    store.close();
  });

  it('an active run stays, whatever its age', async () => {
    const { store, collect } = aHome();
    const id = runId(1);
    await store.tasks.createRun(anInfo(id), aHead(id));
    expect((await collect()).runs).toEqual([]);
    expect(await store.tasks.run(id)).not.toBe(undefined);
    store.close();
  });

  describe('a child run', () => {
    /** A child run of run 1 that ended 40 days ago, with a large argument and a large result. */
    async function aChildRun(home: ReturnType<typeof aHome>, number = 2) {
      const { store, put, dataKey } = home;
      const id = runId(number);
      const argument = await put(specValueKey(anInfo(id), 'hash'));
      const result = await put(dataKey(id, 'result'));
      const parent = {
        run: runId(1),
        pipeline: 'iris',
        number: 1,
        step: 'child',
        call: 0,
        job: { name: `${runId(1)}-0-child-0`, index: 0 },
        depth: 1,
      };
      await store.tasks.createRun(
        anInfo(id, { parent, encodedArgs: { data: argument } }),
        aHead(id),
      );
      await store.tasks.commit(
        id,
        aCommit(aHead(id), {}, { status: 'completed', result, endedAt: NOW - 40 * DAY }),
      );
      return { id, argument, result };
    }

    it('a child run that ended long ago stays, with its objects, while its parent is active', async () => {
      const home = aHome();
      const { store, objects, collect } = home;
      await store.tasks.createRun(anInfo(runId(1)), aHead(runId(1)));
      const { id, argument, result } = await aChildRun(home);
      expect(await collect()).toEqual({ runs: [], entries: [], files: [] });
      expect(await store.tasks.run(id)).toBeDefined();
      for (const { key } of [argument, result]) expect(await objects.exists(key)).toBe(true);
      store.close();
    });

    it('a result that the parent uses stays when the child run is removed, and its arguments do not', async () => {
      const home = aHome();
      const { store, objects, collect, run } = home;
      const { id, argument, result } = await aChildRun(home);
      await run(1, 10, [result]);
      const { runs, files } = await collect();
      expect(runs.map(({ info }) => info.id)).toEqual([id]);
      expect(files.map(({ path }) => path)).toEqual([objects.path(argument.key)]);
      expect(await objects.exists(result.key)).toBe(true);
      store.close();
    });

    it('the arguments of a rerun of a child run stay when that run and its parent are removed', async () => {
      const home = aHome();
      const { store, objects, collect, put, run } = home;
      await run(1, 40, []);
      const { id, argument } = await aChildRun(home);
      const own = await put(specValueKey(anInfo(runId(3)), 'hash'));
      await store.tasks.createRun(
        anInfo(runId(3), { rerunOf: id, encodedArgs: { data: own } }),
        aHead(runId(3)),
      );
      expect((await collect()).runs).toHaveLength(2);
      expect(await objects.exists(argument.key)).toBe(false);
      expect(await objects.exists(own.key)).toBe(true);
      store.close();
    });
  });

  it('the source maps of a run that stays are kept', async () => {
    const { store, put, collect, objects } = aHome();
    const id = runId(1);
    const info = anInfo(id);
    const hash = 'f'.repeat(64);
    await store.tasks.createRun(
      { ...info, code: { ...info.code, sourceMaps: { hash, size: 9 } } },
      aHead(id),
    );
    await put(`code/${hash}.map`, 40);
    await put('code/old.map', 40);
    const { files } = await collect();
    expect(files.map(({ path }) => path)).toEqual([objects.path('code/old.map')]);
  });

  it('old code that no run and no last version uses is removed', async () => {
    const { put, collect, objects, store } = aHome();
    await put('code/old.js', 40);
    await put('code/young.js', 10);
    const { files } = await collect();
    expect(files.map(({ path }) => path)).toEqual([objects.path('code/old.js')]);
    store.close();
  });

  it('a dry run reports the same and removes nothing', async () => {
    const { put, run, collect, dataKey, names, store } = aHome();
    await run(1, 40, [await put(dataKey(runId(1), 'a'))], true);
    const before = await names();
    const dry = await collect(true);
    expect([dry.runs.length, dry.entries.length, dry.files.length]).toEqual([1, 1, 1]);
    expect(await names()).toEqual(before);
    expect(await store.cache.entries({})).toHaveLength(1);
    const real = await collect();
    expect(real.files.map(({ path }) => path)).toEqual(dry.files.map(({ path }) => path));
    store.close();
  });
});

it('each file of a home belongs to one part, and those of runs to their run', async () => {
  const { home, put, dataKey, store } = aHome();
  await put(dataKey(runId(3), 'a'));
  await put('code/x.js');
  await put(`o/examples/data/${runId(3)}/0/1/job/models/0-m`);
  await writeFile(join(home, 'note'), '');
  store.close();
  const found: string[] = [];
  for await (const { part, run } of homeFiles(home))
    if (part !== 'records') found.push(`${part} ${run ?? ''}`);
  expect(found.sort()).toEqual(['code ', `data ${runId(3)}`, 'other ', `published ${runId(3)}`]);
});

describe('headrace gc and input files', () => {
  it('keeps uploaded inputs of runs that stay, and removes the others', async () => {
    const { store, objects, put, collect, names } = aHome();
    const key = (name: string) =>
      inputKey('examples', createHash('sha256').update(name).digest('hex'), NOW);
    const [shared, single, unused, recent] = [
      key('shared'),
      key('single'),
      key('unused'),
      key('recent'),
    ];
    for (const each of [shared, single, unused]) await put(each);
    await put(recent, 1);
    const listOf = async (...keys: readonly string[]) => {
      const text = inputListText(
        keys.map((each) => ({ path: each, kind: 'file', key: each, size: each.length })),
      );
      const list = { key: key(text), size: text.length };
      await objects.put(list.key, Buffer.from(text));
      await utimes(objects.path(list.key), new Date(NOW - 100 * DAY), new Date(NOW - 100 * DAY));
      return list;
    };
    const [old, kept] = [runId(1), runId(2)];
    const lists = [await listOf(shared, single), await listOf(shared)] as const;
    for (const [index, [id, days]] of (
      [
        [old, 40],
        [kept, 10],
      ] as const
    ).entries()) {
      await store.tasks.createRun({ ...anInfo(id), inputs: lists[index] }, aHead(id));
      const ended = { status: 'completed', endedAt: NOW - days * DAY } as const;
      await store.tasks.commit(id, aCommit(aHead(id), {}, ended));
    }
    await collect();
    const stored = [shared, lists[1].key, recent].map((each) => objects.path(each));
    expect(await names()).toEqual(
      stored.map((path) => path.slice(path.indexOf('objects/'))).sort(),
    );
  });
});

describe('headrace gc and plots', () => {
  it('keeps the plots to which runs that stay refer, and removes the others of removed runs', async () => {
    const { store, put, collect, names, objects, home } = aHome();
    const keysOf = (run: number) =>
      [1, 2].map((attempt) =>
        plotKey(`p/examples/data/${runId(run)}/0/${attempt}`, 'job', 0, 'png'),
      );
    const withPlots = async (number: number, endedDaysAgo: number, keys: readonly string[]) => {
      const id = runId(number);
      const attempts = [1, 2].map((attempt) => ({
        ...anAttempt(attempt),
        hasPlots: true as const,
      }));
      const reports = await Promise.all(
        keys.map(async (key, index) => {
          await put(key);
          const size = key.length;
          const value = { format: 'file', name: '0.png', key, size, hash: 'h' } as const;
          const plot = { ...aPlot(index), kind: 'image', format: 'png', size, value } as const;
          return { ...aReport(0, index + 1, 0, []), plots: [plot] };
        }),
      );
      const ended = { status: 'completed', endedAt: NOW - endedDaysAgo * DAY } as const;
      await store.tasks.createRun(anInfo(id), aHead(id));
      await store.tasks.commit(
        id,
        aCommit(aHead(id), { created: [aCompletedStep(0, { attempts })], reports }, ended),
      );
    };
    const [shared = '', single = ''] = keysOf(1);
    const own = keysOf(2);
    await withPlots(1, 40, [shared, single]);
    await withPlots(2, 10, own);
    await withPlots(3, 10, [shared, shared]);
    const { files } = await collect();
    expect(files.map(({ path }) => path)).toEqual([objects.path(single)]);
    expect(await names()).toEqual(
      [shared, ...own].map((key) => objects.path(key).slice(home.length + 1)).sort(),
    );
    expect((await store.queries.plots(runId(2), 0)).map(({ attempt }) => attempt)).toEqual([1, 2]);
    store.close();
  });
});
