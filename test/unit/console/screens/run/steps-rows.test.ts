import { expect, it } from 'vitest';
import { keepPlan } from '../../../../../console/src/forms/keep-plan.ts';
import { codeOf, STATUSES } from '../../../../../console/src/live/statuses.ts';
import {
  firstCallNamed,
  plannedCalls,
  statusCounts,
} from '../../../../../console/src/screens/run/run-counts.ts';
import {
  orderOf,
  orderText,
  queueMsOf,
  runMsOf,
  selectedCalls,
  stepsRows,
  toggled,
} from '../../../../../console/src/screens/run/steps-rows.ts';
import { columnsOf } from './columns-harness.ts';

const all = { statuses: new Set<number>() };
const RUN = columnsOf([
  ['load', 'completed', [0, 10, 30]],
  ['train', 'cached'],
  ['train', 'failed', [0, 50, 51]],
  ['train', 'running', [10, 20]],
  ['score', 'skipped'],
  ['train', 'completed', [0, 5, 95]],
]);

const namesOf = (options: Parameters<typeof selectedCalls>[1], order = '', expanded = true) =>
  stepsRows(RUN, selectedCalls(RUN, options), orderOf(order), () => expanded, 100).map((row) =>
    row.kind === 'call' ? RUN.nameOf(row.call) : `${RUN.components[row.component]} × ${row.calls}`,
  );

it('calls are below their components, in the order of calls', () => {
  expect(namesOf(all)).toEqual([
    'load × 1',
    'load',
    'train × 4',
    'train',
    'train_1',
    'train_2',
    'train_3',
    'score × 1',
    'score',
  ]);
});

it('a component that is not expanded is one row with the numbers of its calls by status', () => {
  expect(namesOf(all, '', false)).toEqual(['load × 1', 'train × 4', 'score × 1']);
  const [, train] = stepsRows(RUN, selectedCalls(RUN, all), orderOf(undefined), () => false, 100);
  const counts = train?.kind === 'component' ? [...train.counts] : [];
  expect(Object.fromEntries(STATUSES.map((status, code) => [status, counts[code]]))).toMatchObject({
    cached: 1,
    failed: 1,
    running: 1,
    completed: 1,
    pending: 0,
  });
});

it.each([
  ['-call', ['train_3', 'train_2', 'train_1', 'train']],
  ['-name', ['train_3', 'train_2', 'train_1', 'train']],
  ['duration', ['train', 'train_1', 'train_2', 'train_3']],
  ['-duration', ['train_3', 'train_2', 'train_1', 'train']],
  ['-queue', ['train_1', 'train_2', 'train_3', 'train']],
  ['status', ['train_2', 'train_3', 'train_1', 'train']],
  ['start', ['train', 'train_3', 'train_2', 'train_1']],
])('calls are sorted by %s', (order, names) => {
  expect(namesOf({ ...all, component: 'train' }, order).slice(1)).toEqual(names);
});

it.each([
  ['a status', { statuses: new Set([codeOf('failed'), codeOf('skipped')]) }, ['train_1', 'score']],
  ['a range of calls', { ...all, calls: { first: 1, last: 2 } }, ['train', 'train_1']],
  ['a part of the name', { ...all, find: 'N_2' }, ['train_2']],
  ['a component that does not exist', { ...all, component: 'x' }, []],
  ['a range beyond the run', { ...all, calls: { first: 4, last: 999 } }, ['score', 'train_3']],
])('steps are selected by %s', (_, options, names) => {
  expect(
    namesOf(options)
      .filter((name) => !name.includes(' × '))
      .toSorted(),
  ).toEqual(names.toSorted());
});

it('an order in an address that is not known is the order of calls', () => {
  expect(orderOf('-colour')).toEqual({ column: 'call', descends: false });
  expect(orderText(orderOf('-duration'))).toBe('-duration');
  expect(orderText(orderOf('call'))).toBeUndefined();
});

it('the time in the queue and the time of execution end now, if the step has not ended', () => {
  expect([queueMsOf(RUN, 3, 100), runMsOf(RUN, 3, 100)]).toEqual([10, 80]);
  expect([queueMsOf(RUN, 4, 100), runMsOf(RUN, 4, 100)]).toEqual([-1, -1]);
});

it('a clock that is behind gives no negative times', () => {
  expect(runMsOf(RUN, 3, 5)).toBe(0);
  expect(queueMsOf(columnsOf([['a', 'queued', [50]]]), 0, 10)).toBe(0);
});

it('a rerun names a step, else the first call of a component', () => {
  expect(firstCallNamed(RUN, 'train_2')).toBe(3);
  expect(firstCallNamed(RUN, 'score')).toBe(4);
  expect(firstCallNamed(RUN, 'unknown')).toBeUndefined();
});

it('the plan of a restart reads the calls of the columns', () => {
  const { keptCalls, againCalls, again } = keepPlan(plannedCalls(RUN), { kind: 'rerun', from: 3 });
  expect([keptCalls, againCalls]).toEqual([2, 4]);
  expect(again).toEqual([
    { component: 'train', calls: 3 },
    { component: 'score', calls: 1 },
  ]);
});

it('steps are counted by status', () => {
  expect(statusCounts(RUN)).toMatchObject({ completed: 2, cached: 1, skipped: 1, pending: 0 });
});

it('a component that was opened or closed is in one of the two lists of the address', () => {
  const opened = toggled({}, 'train', true);
  expect(opened).toEqual({ open: ['train'], closed: undefined });
  expect(toggled(opened, 'train', false)).toEqual({ open: undefined, closed: ['train'] });
  expect(toggled({ closed: ['train', 'load'] }, 'train', true)).toEqual({
    open: ['train'],
    closed: ['load'],
  });
});
