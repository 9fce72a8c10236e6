import { describe, expect, it } from 'vitest';
import { CellOrders } from '../../../../console/src/graph/model/cell-order.ts';
import { COMPLETED, FAILED, RUNNING } from '../../../../console/src/live/statuses.ts';

const members = Int32Array.of(2, 3, 5, 8);
const graph = {
  level: 'groups' as const,
  boxes: [
    { kind: 'group' as const, first: 2, members, components: [0], groups: 1, width: 4 },
    {
      kind: 'call' as const,
      first: 9,
      members: Int32Array.of(9),
      components: [1],
      groups: 1,
      width: 1,
    },
  ],
  boxOf: new Int32Array(10),
  from: new Int32Array(0),
  to: new Int32Array(0),
  calls: new Float64Array(0),
};

function columnsOf() {
  const status = new Uint8Array(10).fill(COMPLETED);
  status[5] = FAILED;
  status[3] = RUNNING;
  const started = new Float64Array(10).fill(100);
  const ended = new Float64Array(10).fill(-1);
  ended.set([150, 0, 0, 900, 0, 0, 400], 2);
  return { status, started, ended, version: 1 };
}

const calls = (order: 'status' | 'duration' | undefined, columns = columnsOf()) => [
  ...new CellOrders(graph, columns, order).membersOf(0),
];

describe('the order of cells', () => {
  it('without a choice it is that of calls', () => {
    expect(calls(undefined)).toEqual([2, 3, 5, 8]);
  });

  it('by status the worst is first, and equal ones stay in the order of calls', () => {
    expect(calls('status')).toEqual([5, 3, 2, 8]);
  });

  it('by duration the longest is first, and those without one are last', () => {
    expect(calls('duration')).toEqual([5, 8, 2, 3]);
  });

  it('it follows the columns, and finds a call among the cells', () => {
    const columns = columnsOf();
    const orders = new CellOrders(graph, columns, 'status');
    expect(orders.placeOf(0, 8)).toBe(3);
    columns.status[8] = FAILED;
    expect(orders.placeOf(0, 8)).toBe(3);
    columns.version += 1;
    expect([...orders.membersOf(0)]).toEqual([5, 8, 3, 2]);
    expect(orders.placeOf(0, 8)).toBe(1);
    expect([...orders.membersOf(1)]).toEqual([9]);
  });
});
