import { describe, expect, it } from 'vitest';
import {
  fulfils,
  namedValue,
  parseCondition,
} from '../../../../console/src/screens/runs/conditions.ts';
import { changingBeyond, mergeRuns } from '../../../../console/src/screens/runs/merge-runs.ts';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { aRunSummary, idOf } from './run-summaries.ts';

const run = aRunSummary('a', {
  args: { depth: 8, kind: 'tree', warm: true },
  scalars: [
    { title: 'loss', series: 'train', count: 3, last: 0.12 },
    { title: 'loss', series: 'val', count: 3, last: 'NaN' },
  ] as unknown as RunSummary['scalars'],
});

const holds = (text: string): boolean => {
  const condition = parseCondition(text);
  if (condition === undefined) throw new Error(`${text} is no condition`);
  return fulfils(run, condition);
};

describe('conditions on parameters and metrics of runs', () => {
  it.each([
    'loss<0.2',
    'loss/train<=0.12',
    'depth=8',
    'depth=8.0',
    'kind=tree',
    'kind!=forest',
    'warm=true',
  ])('%s holds', (text) => {
    expect(holds(text)).toBe(true);
  });

  it.each(['loss>0.2', 'loss/val<1', 'loss/val>1', 'depth!=8', 'other=1', 'other!=1', 'kind<3'])(
    '%s does not hold',
    (text) => {
      expect(holds(text)).toBe(false);
    },
  );

  it('a text without an operator is no condition', () => {
    expect(parseCondition('loss')).toBeUndefined();
    expect(parseCondition('tag:a<b')).toBeUndefined();
    expect(parseCondition('<3')).toBeUndefined();
    expect(namedValue(run, 'missing')).toBeUndefined();
  });
});

describe('the rows of the list of runs', () => {
  const rows = ['c', 'b', 'a'].map((id) => aRunSummary(id));

  it('new runs do not move the rows; they are counted', () => {
    const polled = [aRunSummary('e'), aRunSummary('d'), aRunSummary('c')];
    const merged = mergeRuns(rows, polled);
    expect(merged.rows.map(({ id }) => id)).toEqual(['c', 'b', 'a'].map(idOf));
    expect(merged.newRuns).toBe(2);
  });

  it('a polled document replaces the row of its run', () => {
    const merged = mergeRuns(rows, [aRunSummary('b', { status: 'failed' })]);
    expect(merged.rows.map(({ status }) => status)).toEqual(['completed', 'failed', 'completed']);
    expect(merged.newRuns).toBe(0);
  });

  it('a run that two pages contain has one row, and a removed one has none', () => {
    const merged = mergeRuns([...rows, aRunSummary('a')], [], new Set([idOf('b')]));
    expect(merged.rows.map(({ id }) => id)).toEqual(['c', 'a'].map(idOf));
  });

  it('runs that change and are not among the newest ones are polled alone', () => {
    const running = aRunSummary('a', { status: 'running', endedAt: null });
    expect(changingBeyond([...rows.slice(0, 2), running], rows.slice(0, 2))).toEqual([idOf('a')]);
    expect(changingBeyond([running], [running])).toEqual([]);
  });
});
