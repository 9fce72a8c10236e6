/**
 * The queues of this machine. Every other name is a queue, too, with the same concurrency.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import type { DeclaredQueue } from '../wire/service.ts';

export function queueDocuments(
  concurrency: Readonly<Record<string, number>>,
): readonly DeclaredQueue[] {
  const names = [...new Set(['default', ...Object.keys(concurrency)])].sort();
  return names.map((name) => ({
    name,
    platform: 'subprocess',
    spot: false,
    gpu: false,
    concurrency: concurrency[name] ?? Math.max(4, availableParallelism()),
  }));
}
