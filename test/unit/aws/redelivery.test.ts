import { describe, expect, test } from 'vitest';
import { MESSAGE_QUEUES } from '../../../src/aws/deployment/message-queues.ts';
import { visibilitySeconds } from '../../../src/aws/messages/redelivery.ts';

const MAX_RECEIVES = MESSAGE_QUEUES.find(({ name }) => name === 'transitions')?.maxReceives ?? 0;
/** The seconds from the first receive of a message to its last one. */
const secondsUntilDeadLetter = (isTemporary: boolean): number =>
  Array.from({ length: MAX_RECEIVES - 1 }, (_, index) =>
    visibilitySeconds(index + 1, isTemporary),
  ).reduce((sum, seconds) => sum + seconds, 0);

describe('the redelivery of messages that were not handled', () => {
  test('a message that fails is received again after doubling times, ten times', () => {
    const seconds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 29].map((count) =>
      visibilitySeconds(count, false),
    );
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120, 2, 2]);
  });

  test('a message that always fails is a dead letter within ten minutes', () => {
    expect(secondsUntilDeadLetter(false)).toBeLessThan(600);
  });

  test('a message whose refusal passes is retained for more than three hours', () => {
    expect(secondsUntilDeadLetter(true)).toBeGreaterThan(3 * 3600);
  });

  test('a message that no controller handles is retained for almost three hours', () => {
    expect((MAX_RECEIVES - 1) * 360).toBeGreaterThan(2.8 * 3600);
  });
});
