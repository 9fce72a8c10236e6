import { expect, it } from 'vitest';
import {
  endOf,
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

it('the exit code of an attempt is named once', () => {
  expect(endOf({ reason: 'exited with code 1', exitCode: 1, signal: null })).toBe(
    'exited with code 1',
  );
  expect(endOf({ reason: 'out of memory', exitCode: 137, signal: null })).toBe(
    'out of memory · exit code 137',
  );
});
