/**
 * Lists of runs: filters, orders and pages, which all stores apply alike.
 *
 * @module
 */
import { ulid } from 'ulid';
import { describe, expect, test } from 'vitest';
import { type RunId, runIdSchema } from '../../src/model/ids.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import { aCommit, aHead, anInfo, runId } from './records.ts';

const MINA = 'arn:aws:sts::123456789012:assumed-role/Data/mina@example.com';
const DAY_MS = 86_400_000;

export function runListsConformance(makePorts: MakePorts): void {
  describe('lists of runs', () => {
    const ports = freshPorts(makePorts);

    /** The numbers of the runs that match. */
    const lister = () => {
      const { tasks, queries } = ports();
      return {
        create: async (
          n: number,
          info: Parameters<typeof anInfo>[1] = {},
          head: Parameters<typeof aHead>[1] = {},
        ) => await tasks.createRun(anInfo(runId(n), info), aHead(runId(n), head)),
        found: async (filter: Omit<Parameters<typeof queries.runs>[0], 'limit'>) =>
          (await queries.runs({ ...filter, limit: 10 })).map(({ info }) =>
            Number(info.id.slice(4)),
          ),
      };
    };

    test('runs in one of several statuses are found, live or not', async () => {
      const { create, found } = lister();
      const { tasks } = ports();
      const statuses = ['queued', 'running', 'failed', 'completed'] as const;
      for (const [n, status] of statuses.entries()) {
        await create(n);
        if (status !== 'queued')
          await tasks.commit(runId(n), aCommit(aHead(runId(n)), {}, { status }));
      }
      expect(await found({ status: ['queued', 'running'] })).toEqual([1, 0]);
      expect(await found({ status: ['failed', 'queued'] })).toEqual([2, 0]);
      expect(await found({ status: ['failed', 'completed'], project: 'examples' })).toEqual([3, 2]);
      expect(await found({ status: ['aborted'] })).toEqual([]);
    });

    test('runs with all of several tags are found', async () => {
      const { create, found } = lister();
      await create(1, {}, { tags: ['a', 'b'] });
      await create(2, {}, { tags: ['a'] });
      await create(3, {}, { tags: ['b', 'c', 'a'] });
      expect(await found({ tag: ['a', 'b'] })).toEqual([3, 1]);
      expect(await found({ tag: ['b', 'a', 'c'] })).toEqual([3]);
      expect(await found({ tag: [] })).toEqual([3, 2, 1]);
    });

    test('runs are found by their creator, and by its short name', async () => {
      const { create, found } = lister();
      await create(1, { createdBy: MINA });
      await create(2, { createdBy: 'mina@example.com', pipeline: 'other' });
      await create(3, { createdBy: 'schedule nightly' });
      await create(4);
      expect(await found({ createdBy: MINA })).toEqual([1]);
      expect(await found({ createdBy: 'mina@example.com' })).toEqual([2, 1]);
      expect(await found({ createdBy: 'mina@example.com', pipeline: 'iris' })).toEqual([1]);
      expect(await found({ createdBy: 'mina@example.com', project: 'none' })).toEqual([]);
      expect(await found({ createdBy: 'schedule nightly' })).toEqual([3]);
      expect(await found({ createdBy: 'mina' })).toEqual([]);
    });

    test('runs are found by the time of their creation, in both orders', async () => {
      const { tasks, queries } = ports();
      const noon = Date.UTC(2026, 10, 28, 12);
      const times = [noon - DAY_MS, noon, noon, noon + 1, noon + DAY_MS];
      const ids: RunId[] = [];
      for (const createdAt of times) {
        // Those of the engine never go back behind an earlier one of the process.
        const id = runIdSchema.parse(ulid(createdAt).toLowerCase());
        ids.push(id);
        await tasks.createRun(anInfo(id, { createdAt }), aHead(id));
      }
      ids.sort();
      const found = async (filter: Omit<Parameters<typeof queries.runs>[0], 'limit'>, limit = 9) =>
        (await queries.runs({ ...filter, limit })).map(({ info }) => ids.indexOf(info.id));
      expect(await found({ from: noon })).toEqual([4, 3, 2, 1]);
      expect(await found({ from: noon, to: noon + 1 })).toEqual([2, 1]);
      expect(await found({ to: noon })).toEqual([0]);
      expect(await found({ from: noon + 1, to: noon })).toEqual([]);
      expect(await found({ order: 'oldest' })).toEqual([0, 1, 2, 3, 4]);
      expect(await found({ order: 'oldest', after: ids[1], to: noon + DAY_MS }, 2)).toEqual([2, 3]);
      expect(await found({ before: ids[3], from: noon }, 1)).toEqual([2]);
    });

    test('archived runs are found only by a list that includes them', async () => {
      const { create, found } = lister();
      const { tasks } = ports();
      for (const n of [1, 2]) {
        await create(n);
        await tasks.commit(runId(n), aCommit(aHead(runId(n)), {}, { status: 'completed' }));
      }
      const run = await tasks.run(runId(1));
      if (run === undefined) throw new Error('there is no run');
      await tasks.commit(runId(1), aCommit(run.head, {}, { archived: true }));
      expect(await found({ archived: false })).toEqual([2]);
      expect(await found({ archived: true })).toEqual([1]);
      expect(await found({})).toEqual([2, 1]);
    });

    test('runs are found by a part of the name of their pipeline, and by words', async () => {
      const { create, found } = lister();
      await create(1, { pipeline: 'Forecast-daily', createdBy: 'jo' }, { tags: ['prod'] });
      await create(2, { pipeline: 'forecast-daily' }, { note: 'the first\nwith luxon' });
      await create(3, { pipeline: 'iris', project: 'forecasts' });
      expect(await found({ name: 'CAST-d' })).toEqual([2, 1]);
      expect(await found({ name: '%' })).toEqual([]);
      expect(await found({ text: 'forecast' })).toEqual([3, 2, 1]);
      expect(await found({ text: 'prod JO' })).toEqual([1]);
      expect(await found({ text: 'luxon daily#1' })).toEqual([2]);
      expect(await found({ text: 'luxon prod' })).toEqual([]);
    });

    test('pages of a filter that few runs match reach all of them, in both orders', async () => {
      const { create } = lister();
      const { queries } = ports();
      for (let n = 0; n < 130; n += 1)
        await create(n, { pipeline: n % 40 === 0 ? 'rare' : 'usual' }, { tags: ['t'] });
      for (const order of ['newest', 'oldest'] as const)
        for (const filter of [{ name: 'RARE' }, { text: 'rare', tag: 't' }]) {
          const found: number[] = [];
          let pages = 0;
          for (let next: RunId | null | undefined; next !== null && pages < 20; pages += 1) {
            const page = await queries.runPage({
              ...filter,
              order,
              limit: 3,
              ...(next === undefined ? {} : { [order === 'oldest' ? 'after' : 'before']: next }),
            });
            expect(page.runs.length).toBeLessThanOrEqual(3);
            found.push(...page.runs.map(({ info }) => Number(info.id.slice(4))));
            next = page.next;
          }
          expect(pages).toBeLessThan(20);
          expect(found).toEqual(order === 'oldest' ? [0, 40, 80, 120] : [120, 80, 40, 0]);
        }
    });
  });
}
