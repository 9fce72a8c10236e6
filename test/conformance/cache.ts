/**
 * Conformance tests of the step cache. Numbers in titles are invariants of `src/ports/cache.ts`.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { freshPorts, type MakePorts } from './ports.ts';
import { anEntry, runId } from './records.ts';

const a = { run: runId(1), call: 0 };
const b = { run: runId(2), call: 7 };
const c = { run: runId(2), call: 8 };

export function cacheConformance(makePorts: MakePorts): void {
  describe('cache: leases', () => {
    const ports = freshPorts(makePorts);

    test('(1) the first party acquires the lease, and the others wait and learn the holder', async () => {
      const { cache } = ports();
      expect(await cache.acquire('k', a)).toEqual({ held: true });
      expect(await cache.acquire('k', b)).toEqual({ held: false, holder: a });
      expect(await cache.acquire('other', b)).toEqual({ held: true });
    });

    test('(1) a reader learns the holder of a lease, and does not wait for it', async () => {
      const { cache } = ports();
      expect(await cache.holder('k')).toBeUndefined();
      await cache.acquire('k', a);
      await cache.acquire('k', b);
      expect(await cache.holder('k')).toEqual(a);
      expect(await cache.takeOver('k', a, b)).toBe(true);
      expect(await cache.holder('k')).toEqual(b);
      expect(await cache.release('k', b)).toEqual([]);
      expect(await cache.holder('k')).toBeUndefined();
    });

    test('(1) of many parties that acquire a lease at once, one holds it', async () => {
      const { cache } = ports();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, call) => cache.acquire('k', { run: runId(1), call })),
      );
      expect(results.filter(({ held }) => held)).toHaveLength(1);
    });

    test('(2) acquiring a lease again changes nothing for the holder and for a waiter', async () => {
      const { cache } = ports();
      await cache.acquire('k', a);
      await cache.acquire('k', b);
      expect(await cache.acquire('k', a)).toEqual({ held: true });
      expect(await cache.acquire('k', b)).toEqual({ held: false, holder: a });
      expect(await cache.release('k', a)).toEqual([b]);
    });

    test('(3) publish stores the entry and returns exactly the waiters of its key', async () => {
      const { cache } = ports();
      await cache.acquire('k', a);
      await cache.acquire('k', b);
      await cache.acquire('k', c);
      await cache.acquire('other', a);
      await cache.acquire('other', { run: runId(9), call: 1 });
      expect(new Set(await cache.publish(anEntry('k'), a))).toEqual(new Set([b, c]));
      expect(await cache.entry('k')).toEqual(anEntry('k'));
      expect(await cache.entry('other')).toBeUndefined();
    });

    test('(3) release returns the waiters, and one of them can acquire the lease', async () => {
      const { cache } = ports();
      await cache.acquire('k', a);
      await cache.acquire('k', b);
      expect(await cache.release('k', a)).toEqual([b]);
      expect(await cache.entry('k')).toBeUndefined();
      expect(await cache.acquire('k', b)).toEqual({ held: true });
      expect(await cache.release('k', b)).toEqual([]);
    });

    test('(2) releasing a lease twice does not release the lease of the next holder', async () => {
      const { cache } = ports();
      await cache.acquire('k', a);
      await cache.release('k', a);
      await cache.acquire('k', b);
      await cache.acquire('k', c);
      expect(await cache.release('k', a)).toEqual([]);
      expect(await cache.publish(anEntry('k', { step: 'late' }), a)).toEqual([]);
      expect(await cache.acquire('k', b)).toEqual({ held: true });
      expect(await cache.acquire('k', a)).toEqual({ held: false, holder: b });
    });

    test('a party that stopped waiting is not among the returned waiters', async () => {
      const { cache } = ports();
      await cache.acquire('k', a);
      await cache.acquire('k', b);
      await cache.acquire('k', c);
      await cache.stopWaiting('k', b);
      await cache.stopWaiting('none', b);
      expect(await cache.release('k', a)).toEqual([c]);
    });

    test('a lease is transferred only from its holder, once', async () => {
      const { cache } = ports();
      await cache.acquire('k', a);
      await cache.acquire('k', b);
      await cache.acquire('k', c);
      expect(await cache.takeOver('k', c, b)).toBe(false);
      expect(await cache.takeOver('k', a, b)).toBe(true);
      expect(await cache.takeOver('k', a, c)).toBe(false);
      expect(await cache.takeOver('k', a, b)).toBe(true);
      expect(await cache.acquire('k', a)).toEqual({ held: false, holder: b });
      expect(await cache.release('k', a)).toEqual([]);
      expect(new Set(await cache.publish(anEntry('k'), b))).toEqual(new Set([c, a]));
      expect(await cache.takeOver('k', b, c)).toBe(false);
    });
  });

  describe('cache: entries', () => {
    const ports = freshPorts(makePorts);

    test('an entry can be published without a lease, replaced, and removed', async () => {
      const { cache } = ports();
      expect(await cache.entry('k')).toBeUndefined();
      expect(await cache.publish(anEntry('k'), a)).toEqual([]);
      await cache.publish(anEntry('k', { step: 'second' }), a);
      expect((await cache.entry('k'))?.step).toBe('second');
      await cache.removeEntry('k');
      await cache.removeEntry('k');
      expect(await cache.entry('k')).toBeUndefined();
    });

    test('entries are listed newest first, and cleared by project, component and key', async () => {
      const { cache } = ports();
      const entries = [
        anEntry('k1', { createdAt: 1 }),
        anEntry('k2', { createdAt: 3, component: 'train' }),
        anEntry('k3', { createdAt: 2, project: 'team', component: 'train' }),
        anEntry('k4', { createdAt: 4, project: 'team' }),
      ];
      for (const entry of entries) await cache.publish(entry, a);
      const keys = async (filter: Parameters<typeof cache.entries>[0]) =>
        (await cache.entries(filter)).map((entry) => entry.key);
      expect(await keys({})).toEqual(['k4', 'k2', 'k3', 'k1']);
      expect(await keys({ component: 'train' })).toEqual(['k2', 'k3']);
      expect(await keys({ project: 'team', component: 'train' })).toEqual(['k3']);
      expect(await cache.clear({ project: 'team', key: 'k1' })).toBe(0);
      expect(await cache.clear({ key: 'k1' })).toBe(1);
      expect(await cache.clear({ component: 'train' })).toBe(2);
      expect(await keys({})).toEqual(['k4']);
      expect(await cache.clear({})).toBe(1);
      expect(await keys({})).toEqual([]);
    });

    test('clearing entries does not change leases and waiters', async () => {
      const { cache } = ports();
      await cache.acquire('k', a);
      await cache.acquire('k', b);
      await cache.clear({});
      expect(await cache.release('k', a)).toEqual([b]);
    });
  });
}
