import { expect } from 'vitest';
import type { JobsUnderTest } from './batch.ts';

export const ended = async ({ emulator, events }: JobsUnderTest, count: number) => {
  await expect.poll(() => events.length).toBe(count);
  await emulator.settled();
};
