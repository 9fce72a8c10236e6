import { describe, expect, it } from 'vitest';
import { matrixContentSchema, tableContentSchema } from '../../../src/model/plot-content.ts';
import { matrixPlot, tablePlot } from '../../../src/sdk/plot-data.ts';
import { ReportError, ReportLimitError } from '../../../src/sdk/report-limits.ts';

const table = (value: unknown) => tablePlot('reportTable("a", "b", …)', value);
const matrix = (value: unknown) => matrixPlot('reportConfusionMatrix("a", "b", …)', value);
const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

describe('tables', () => {
  it('columns and rows become typed columns and JSON cells', () => {
    const { bytes, width, height } = table({
      columns: ['name', { name: 'score', type: 'number' }, 'good', 'at', 'none'],
      rows: [
        ['a', 1n, true, new Date(0), null],
        ['b', Number.NaN, null, undefined, undefined],
      ],
    });
    expect([width, height]).toEqual([5, 2]);
    expect(tableContentSchema.parse(parsed(bytes))).toEqual({
      columns: [
        { name: 'name', type: 'text' },
        { name: 'score', type: 'number' },
        { name: 'good', type: 'boolean' },
        { name: 'at', type: 'time' },
        { name: 'none', type: 'text' },
      ],
      rows: [
        ['a', 1, true, '1970-01-01T00:00:00.000Z', null],
        ['b', 'NaN', null, null, null],
      ],
    });
  });

  it('the columns of a list of records are their keys, and a missing key is a missing cell', () => {
    expect(parsed(table([{ a: 1 }, { b: 'x', a: 2 }, { toString: 'y' }]).bytes)).toEqual({
      columns: [
        { name: 'a', type: 'number' },
        { name: 'b', type: 'text' },
        { name: 'toString', type: 'text' },
      ],
      rows: [
        [1, null, null],
        [2, 'x', null],
        [null, null, 'y'],
      ],
    });
  });

  it.each([
    [{ columns: ['a'], rows: [[1], ['x']] }, /column "a", row 1 has a text, .* String\(value\)/],
    [{ columns: [{ name: 'a', type: 'text' }], rows: [[1]] }, /has the type text/],
    [{ columns: ['a', 'b'], rows: [[1]] }, /row 0 has 1 cells, and the table has 2 columns/],
    [{ columns: ['a', 'a'], rows: [] }, /two columns have the name "a"/],
    [{ columns: [], rows: [] }, /no columns/],
    [{ columns: [''], rows: [] }, /name of a column must be text, not an empty text/],
    [{ columns: [{ name: 'a', type: 'html' }], rows: [] }, /text, number, boolean or time/],
    [{ columns: ['a'], rows: [{ a: 1 }] }, /pass a list of records alone/],
    [{ columns: ['a'], rows: [[{}]] }, /an object cannot be a cell: pass text, a number/],
    [{ columns: ['a'], rows: [[2n ** 60n]] }, /1152921504606846976 cannot be a cell/],
    [{ columns: ['a'], rows: [[new Date('x')]] }, /cannot be a cell/],
    ['<table>', /must be \{ columns, rows \}, or a list of records, not "<table>"/],
    [[1], /row 0 must be an object/],
    [[], /no columns/],
    [undefined, /not undefined/],
  ])(
    'a table that is not one is refused with the place and the remedy (case %#)',
    (value, message) => {
      expect(() => table(value)).toThrow(ReportError);
      expect(() => table(value)).toThrow(message);
    },
  );

  it.each([
    [Array.from({ length: 100_001 }, () => ({ a: 1 })), /100,001 rows, and it may have 100,000/],
    [[Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`c${i}`, i]))], /1,001 columns/],
    [[{ a: 'x'.repeat(4097) }], /4,097 characters, and a cell may have 4,096/],
    [[{ ['x'.repeat(257)]: 1 }], /257 characters, and it may have 256/],
    [
      Array.from({ length: 3000 }, () => ({ a: 'x'.repeat(4000) })),
      /bytes as JSON.*uploadArtifact/,
    ],
  ])('a table above a limit is refused (case %#)', (value, message) => {
    expect(() => table(value)).toThrow(ReportLimitError);
    expect(() => table(value)).toThrow(message);
  });
});

describe('confusion matrices', () => {
  it('labels and counts become JSON', () => {
    const value = {
      labels: ['cat', 'dog'],
      counts: [
        [3, 1],
        [0, 4],
      ],
    };
    const { bytes, width, height } = matrix(value);
    expect([width, height]).toEqual([2, 2]);
    expect(matrixContentSchema.parse(parsed(bytes))).toEqual(value);
  });

  it.each([
    [{ labels: ['a'], counts: [] }, /0 rows of counts for 1 labels: a confusion matrix is square/],
    [{ labels: ['a', 'b'], counts: [[1], [1, 2]] }, /row 0 of the counts has 1 numbers for 2/],
    [{ labels: ['a'], counts: [['1']] }, /counts\[0\]\[0\] is "1": a count is a whole number/],
    [{ labels: ['a'], counts: [[-1]] }, /is -1: .*reportTable/],
    [{ labels: ['a'], counts: [[0.5]] }, /is 0\.5/],
    [
      {
        labels: ['a', 'a'],
        counts: [
          [1, 1],
          [1, 1],
        ],
      },
      /two classes have the label "a"/,
    ],
    [{ labels: [1], counts: [[1]] }, /a label must be text, not 1/],
    [{ labels: [], counts: [] }, /at least one label/],
    [[[1]], /must be \{ labels, counts \}, not a list/],
  ])('a matrix that is not one is refused with the place (case %#)', (value, message) => {
    expect(() => matrix(value)).toThrow(ReportError);
    expect(() => matrix(value)).toThrow(message);
  });

  it('a matrix with more than 1,000 labels is refused', () => {
    const labels = Array.from({ length: 1001 }, (_, index) => String(index));
    expect(() => matrix({ labels, counts: [] })).toThrow(/1,001 labels, and it may have 1,000/);
  });
});
