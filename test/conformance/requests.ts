/**
 * Idempotency keys.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { type AllPortsUnderTest, freshPorts } from './ports.ts';

export function requestsConformance(makePorts: () => Promise<Pick<AllPortsUnderTest, 'requests' | 'close'>>): void {
  describe('requests', () => {
    const ports = freshPorts(makePorts);

    test('the first claim of a key stands, whatever comes after it', async () => {
      const { requests } = ports();
      const first = { request: 'hash a', subject: 'run 1' };
      expect(await requests.claim('key', first)).toEqual(first);
      expect(await requests.claim('key', { request: 'hash a', subject: 'run 2' })).toEqual(first);
      expect(await requests.claim('key', { request: 'hash b', subject: 'run 3' })).toEqual(first);
      expect(await requests.claim('other key', { request: 'hash b', subject: 'run 3' })).toEqual({ request: 'hash b', subject: 'run 3' });
    });

    test('of claims that come at once, all learn of the same one', async () => {
      const { requests } = ports();
      const claims = await Promise.all(Array.from({ length: 8 }, (_, n) => requests.claim('key', { request: 'hash', subject: `run ${n}` })));
      expect(new Set(claims.map(({ subject }) => subject)).size).toBe(1);
    });
  });
}
