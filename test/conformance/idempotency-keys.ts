/**
 * Conformance tests of idempotency keys.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { type AllPortsUnderTest, freshPorts } from './ports.ts';

export function idempotencyKeysConformance(
  makePorts: () => Promise<Pick<AllPortsUnderTest, 'idempotencyKeys' | 'close'>>,
): void {
  describe('idempotency keys', () => {
    const ports = freshPorts(makePorts);

    test('each claim of a key returns the first claim of it', async () => {
      const { idempotencyKeys: requests } = ports();
      const first = { requestHash: 'hash a', createdId: 'run 1' };
      expect(await requests.claim('key', first)).toEqual(first);
      expect(await requests.claim('key', { requestHash: 'hash a', createdId: 'run 2' })).toEqual(
        first,
      );
      expect(await requests.claim('key', { requestHash: 'hash b', createdId: 'run 3' })).toEqual(
        first,
      );
      expect(
        await requests.claim('other key', { requestHash: 'hash b', createdId: 'run 3' }),
      ).toEqual({ requestHash: 'hash b', createdId: 'run 3' });
    });

    test('concurrent claims of a key all return the same claim', async () => {
      const { idempotencyKeys: requests } = ports();
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          requests.claim('key', { requestHash: 'hash', createdId: `run ${n}` }),
        ),
      );
      expect(new Set(claims.map(({ createdId }) => createdId)).size).toBe(1);
    });
  });
}
