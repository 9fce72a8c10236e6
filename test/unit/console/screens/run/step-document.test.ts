import { expect, it } from 'vitest';
import { failureBeside, memberBeside } from '../../../../../console/src/screens/run/members.ts';
import {
  childrenOf,
  endOf,
  faultOf,
  parentsOf,
  producerOf,
  stampOf,
} from '../../../../../console/src/screens/run/step-panel/step-document.ts';
import { csvOf } from '../../../../../console/src/screens/run/steps-csv.ts';
import { columnsOf } from './columns-harness.ts';

const RUN = columnsOf(
  [
    ['load', 'completed', [0, 1000, 2000]],
    ['train', 'failed'],
    ['score', 'skipped'],
    ['train', 'completed'],
    ['score', 'failed'],
  ],
  [[], [0], [1], [0], [3, 0]],
);

it('the parents and the children of a call are found by the graph', () => {
  expect([...parentsOf(RUN, 4)]).toEqual([
    ['train_1', 3],
    ['load', 0],
  ]);
  expect(childrenOf(RUN, 0)).toEqual([1, 3, 4]);
  expect(childrenOf(RUN, 0, 2)).toEqual([1, 3]);
  expect(parentsOf(RUN, 99).size).toBe(0);
});

it.each([
  ['load', 0],
  ['load.rows', 0],
  ['load.rows.first', 0],
  ['"load"', undefined],
  ['loader', undefined],
  ['0.5', undefined],
])('the argument %s is the result of call %s', (value, call) => {
  expect(producerOf(value, new Map([['load', 0]]))).toBe(call);
});

it('a parent whose name contains a full stop is found', () => {
  expect(producerOf('my.step.model', new Map([['my.step', 7]]))).toBe(7);
});

it('the end of an attempt states its reason, exit code and signal, and whose fault it was', () => {
  const attempt = { status: 'failed', infrastructureFailure: true } as const;
  expect(faultOf(attempt)).toBe('fault of the infrastructure');
  expect(faultOf({ ...attempt, infrastructureFailure: false })).toBe('fault of the step');
  expect(faultOf({ ...attempt, status: 'running' })).toBeUndefined();
  expect(endOf({ reason: 'out of memory', exitCode: 137, signal: 'SIGKILL' })).toBe(
    'out of memory · exit code 137 · signal SIGKILL',
  );
  expect(endOf({ reason: null, exitCode: 0, signal: null })).toBe('');
});

it('the stamp of a step changes with the step alone', () => {
  const before = [stampOf(RUN, 0), stampOf(RUN, 1)];
  const columns = columnsOf([
    ['load', 'completed', [0, 1000, 2000]],
    ['train', 'running'],
  ]);
  expect(
    [stampOf(columns, 0), stampOf(columns, 1)].map((each, index) => each === before[index]),
  ).toEqual([true, false]);
});

it('the next and the previous call of a component are found, and none beyond its ends', () => {
  expect(memberBeside(RUN, 1, 1)).toBe(3);
  expect(memberBeside(RUN, 3, 1)).toBeUndefined();
  expect(memberBeside(RUN, 3, -1)).toBe(1);
  expect(memberBeside(RUN, 0, -1)).toBeUndefined();
});

it('failures are walked through in both directions, and from the last to the first', () => {
  expect(failureBeside(RUN, undefined, 1)).toBe(1);
  expect(failureBeside(RUN, 1, 1)).toBe(4);
  expect(failureBeside(RUN, 4, 1)).toBe(1);
  expect(failureBeside(RUN, undefined, -1)).toBe(4);
  expect(failureBeside(RUN, 1, -1)).toBe(4);
  expect(failureBeside(columnsOf([['a', 'completed']]), undefined, 1)).toBeUndefined();
});

it('a cell of a copied table that starts like a formula stays text', () => {
  const columns = columnsOf([
    ['=1+1', 'completed', [0, 1000, 2000]],
    ['a,"b"', 'pending'],
  ]);
  expect(csvOf(columns, [0, 1]).split('\n').slice(1)).toEqual([
    "0,'=1+1,'=1+1,completed,1,1970-01-01T00:00:00.000Z,1970-01-01T00:00:01.000Z,1970-01-01T00:00:02.000Z",
    '1,"a,""b""","a,""b""",pending,1,,,',
  ]);
});
