import { expect } from 'vitest';
import type { JobsUnderTest } from './batch.ts';

/** Waits until `count` events of Batch arrived and are handled. */
export const untilEvents = async ({ emulator, events }: JobsUnderTest, count: number) => {
  await expect.poll(() => events.length).toBe(count);
  await emulator.settled();
};
