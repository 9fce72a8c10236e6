import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { storeLargeArguments } from '../../../src/controller/logic/value-storage.ts';
import { isAdoptableStep } from '../../../src/controller/steps/adoptable-results.ts';
import { specValueKey } from '../../../src/model/object-layout.ts';
import type { Arguments, InlineValue, Part } from '../../../src/model/value.ts';
import { newRunId } from '../../../src/submit/run-id.ts';
import { aStep } from '../../conformance/records.ts';
import { ControllerHarness } from './harness.ts';

const text = JSON.stringify(Array.from({ length: 5000 }, (_, index) => index));

const withPart = (fold: number, value: InlineValue): Arguments => ({
  data: { format: 'json', text: `[${fold},null]` },
  refs: [],
  parts: [{ path: [1], value }],
});

class CountedObjects {
  readonly written: string[] = [];
  failures = 0;

  async putIfAbsent(key: string): Promise<void> {
    if (this.failures-- > 0) throw new Error('the store is not available');
    this.written.push(key);
  }
}

const aRun = () => new ControllerHarness({ components: {}, main: async () => 0 }).info();

test('a part that calls share is written once, under the hash of its content', async () => {
  const objects = new CountedObjects();
  const info = aRun();
  const value = { format: 'json', text } as const;
  const stored = await Promise.all(
    Array.from({ length: 40 }, (_, fold) =>
      storeLargeArguments(objects, info, withPart(fold, value)),
    ),
  );
  const hash = createHash('sha256').update(text).digest('hex');
  const key = specValueKey(info, hash);
  expect(objects.written).toEqual([key]);
  expect(stored[7]).toEqual({
    data: { format: 'json', text: '[7,null]' },
    refs: [],
    parts: [{ path: [1], value: { format: 'json', key, size: text.length, hash } }],
  });
});

test('a part is written for each run and store that needs it', async () => {
  const objects = new CountedObjects();
  const value = { format: 'json', text } as const;
  const other = { ...aRun(), id: newRunId(1) };
  await storeLargeArguments(objects, aRun(), withPart(0, value));
  await storeLargeArguments(objects, other, withPart(0, value));
  const elsewhere = new CountedObjects();
  await storeLargeArguments(elsewhere, other, withPart(1, value));
  expect(new Set(objects.written).size).toBe(2);
  expect(elsewhere.written).toEqual(objects.written.slice(1));
});

test('a part whose write failed is written again', async () => {
  const objects = new CountedObjects();
  objects.failures = 1;
  const value = { format: 'json', text } as const;
  await expect(storeLargeArguments(objects, aRun(), withPart(0, value))).rejects.toThrow(
    'not available',
  );
  await storeLargeArguments(objects, aRun(), withPart(0, value));
  expect(objects.written).toHaveLength(1);
});

test('a step is not adopted if a part of its arguments may expire', () => {
  const part = (time: number): Part => ({
    path: [0],
    value: {
      format: 'json',
      key: specValueKey({ ...aRun(), id: newRunId(time) }, 'hash'),
      size: 1,
      hash: 'hash',
    },
  });
  const step = (time: number) =>
    aStep(0, { args: { data: { format: 'json', text: '[null]' }, refs: [], parts: [part(time)] } });
  // In this order: the time in ids of one process never decreases.
  expect(isAdoptableStep(step(500), 1000)).toBe(false);
  expect(isAdoptableStep(step(2000), 1000)).toBe(true);
});
