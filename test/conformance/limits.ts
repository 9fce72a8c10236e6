/**
 * Conformance tests of limits of concurrency.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { enqueue, NO_LIMIT_STATE, promote } from '../../src/model/limit-state.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import { runId } from './records.ts';

const KEY = '["project","a","key","gpu"]';
const queueOf = (calls: readonly number[]) => enqueue(NO_LIMIT_STATE, runId(1), 2, calls);

export function limitsConformance(makePorts: MakePorts): void {
  describe('limits', () => {
    const ports = freshPorts(makePorts);

    it('a limit that was never written does not exist', async () => {
      expect(await ports().limits.read(KEY)).toBeUndefined();
    });

    it('a limit is read as it was written', async () => {
      const { limits } = ports();
      const { state } = promote(queueOf([0, 1, 2, 5]));
      expect(await limits.write(KEY, state, undefined)).toBe(true);
      expect((await limits.read(KEY))?.state).toEqual(state);
      expect(await limits.read('["project","a","key","other"]')).toBeUndefined();
    });

    it('a write against another version than the stored one changes nothing', async () => {
      const { limits } = ports();
      expect(await limits.write(KEY, queueOf([0]), 'a version')).toBe(false);
      expect(await limits.write(KEY, queueOf([0]), undefined)).toBe(true);
      const first = await limits.read(KEY);
      expect(await limits.write(KEY, queueOf([1]), undefined)).toBe(false);
      expect(await limits.write(KEY, queueOf([1]), first?.version)).toBe(true);
      expect(await limits.write(KEY, queueOf([2]), first?.version)).toBe(false);
      expect(await limits.write(KEY, undefined, first?.version)).toBe(false);
      expect((await limits.read(KEY))?.state).toEqual(queueOf([1]));
    });

    it('a version of a limit that was removed never exists again', async () => {
      const { limits } = ports();
      await limits.write(KEY, queueOf([0]), undefined);
      const first = await limits.read(KEY);
      expect(await limits.write(KEY, undefined, first?.version)).toBe(true);
      expect(await limits.read(KEY)).toBeUndefined();
      await limits.write(KEY, queueOf([0]), undefined);
      expect(await limits.write(KEY, queueOf([7]), first?.version)).toBe(false);
    });

    it('of concurrent writes against one version, one is applied', async () => {
      const { limits } = ports();
      await limits.write(KEY, queueOf([0]), undefined);
      const version = (await limits.read(KEY))?.version;
      const applied = await Promise.all(
        [1, 2, 3, 4].map((call) => limits.write(KEY, queueOf([call]), version)),
      );
      expect(applied.filter(Boolean)).toHaveLength(1);
    });
  });
}
