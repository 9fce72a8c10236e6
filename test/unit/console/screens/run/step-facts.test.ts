import { expect, it } from 'vitest';
import {
  factsOf,
  ranFor,
} from '../../../../../console/src/screens/run/step-panel/step-document.ts';

it('the details of a step are its component, type and queue, then its tags and options', () => {
  const step = { component: 'train', taskType: 'training', queue: 'gpu', tags: [], options: {} };
  expect(factsOf(step)).toEqual([
    ['component', 'train'],
    ['type', 'training'],
    ['queue', 'gpu'],
  ]);
  expect(
    factsOf({ ...step, tags: ['a', 'b'], options: { stage: 'fit', resources: { vcpus: 4 } } }),
  ).toEqual([
    ['component', 'train'],
    ['type', 'training'],
    ['queue', 'gpu'],
    ['tags', 'a, b'],
    ['stage', 'fit'],
    ['resources', '{"vcpus":4}'],
  ]);
});

it('an attempt that never started, or has not ended, has no duration', () => {
  const startedAt = '2026-11-28T09:00:00.000Z';
  const endedAt = '2026-11-28T09:01:12.000Z';
  expect(ranFor({ startedAt, endedAt })).toBe('1 m 12 s');
  expect(ranFor({ startedAt: null, endedAt })).toBeUndefined();
  expect(ranFor({ startedAt, endedAt: null })).toBeUndefined();
});
