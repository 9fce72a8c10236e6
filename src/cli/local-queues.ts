/**
 * The queues of this machine. Every other name is a queue, too, with the same concurrency.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import type { DeclaredQueue } from '../wire/service.ts';

/** @param busy further queues, in which steps run or wait */
export function queueDocuments(
  concurrency: Readonly<Record<string, number>>,
  busy: readonly string[] = [],
): readonly DeclaredQueue[] {
  const names = [...new Set(['default', ...Object.keys(concurrency), ...busy])].sort();
  return names.map((name) => ({
    name,
    platform: 'subprocess',
    spot: false,
    gpu: false,
    concurrency:
      (Object.hasOwn(concurrency, name) ? concurrency[name] : undefined) ??
      Math.max(4, availableParallelism()),
  }));
}
