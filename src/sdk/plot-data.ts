/**
 * Tables and confusion matrices as their stored contents. The runner and debug mode share it.
 *
 * The content is complete when a function returns: later changes of the caller's data change nothing.
 *
 * @module
 */
import {
  MAX_CELL_LENGTH,
  MAX_MATRIX_LABELS,
  MAX_PLOT_DATA_BYTES,
  MAX_PLOT_LABEL_LENGTH,
  MAX_TABLE_COLUMNS,
  MAX_TABLE_ROWS,
} from '../model/limits.ts';
import type { MatrixContent, StoredCell, TableContent } from '../model/plot-content.ts';
import { truncate } from '../model/truncate.ts';
import type { TableColumnType } from './plot-types.ts';
import { count, ReportError, ReportLimitError } from './report-limits.ts';

/** The content of a plot, encoded. */
export interface PlotContent {
  readonly kind: 'table' | 'image' | 'confusionMatrix';
  readonly format: 'json' | 'png' | 'jpeg' | 'gif' | 'webp';
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
}

const AS_ARTIFACT = 'store the data with currentStep().uploadArtifact';

/** A plot with its content as data; an image has only bytes. */
export interface AnyPlot extends PlotContent {
  readonly content?: TableContent | MatrixContent | undefined;
}

/**
 * @param call names the call in errors: `reportTable("a", "b", …)`
 *
 * @throws ReportError, ReportLimitError
 */
export function tablePlot(call: string, table: unknown): AnyPlot {
  const { columns, rows } = tableParts(call, table);
  checkCount(call, 'table', columns.length, 'columns', MAX_TABLE_COLUMNS, AS_ARTIFACT);
  checkCount(call, 'table', rows.length, 'rows', MAX_TABLE_ROWS, AS_ARTIFACT);
  if (columns.length === 0)
    throw new ReportError(
      `${call}: the table has no columns: pass { columns, rows }, or a list of records`,
    );
  const names = new Set<string>();
  for (const { name } of columns) {
    checkLabel(call, 'the name of a column', name);
    if (names.has(name))
      throw new ReportError(
        `${call}: two columns have the name ${quoted(name)}: give each column a name of its own`,
      );
    names.add(name);
  }
  const types = columns.map(({ type }) => type);
  const stored = rows.map((row, index) => {
    if (row.length !== columns.length)
      throw new ReportError(
        `${call}: row ${index} has ${row.length} cells, and the table has ${columns.length} columns: pass one cell for each column, null for a missing one`,
      );
    return row.map((cell, column) => {
      const found = storedCell(cell);
      const where = `${call}: column ${quoted(columns[column]?.name ?? '')}, row ${index}`;
      if (found === undefined)
        throw new ReportError(
          `${where}: ${described(cell)} cannot be a cell: pass text, a number, a boolean, a Date, or null`,
        );
      const { type, value } = found;
      if (type === undefined) return value;
      const expected = types[column] ?? type;
      types[column] = expected;
      if (type !== expected)
        throw new ReportError(
          `${where} has ${A[type]}, and the column has the type ${expected}: all cells of a column have one type; convert them, as with String(value)`,
        );
      if (typeof value === 'string' && value.length > MAX_CELL_LENGTH)
        throw new ReportLimitError(
          `${where} has ${count(value.length)} characters`,
          `a cell may have ${count(MAX_CELL_LENGTH)}`,
          'shorten the text, or store it as an artifact',
        );
      return value;
    });
  });
  const content: TableContent = {
    columns: columns.map(({ name }, index) => ({ name, type: types[index] ?? 'text' })),
    rows: stored,
  };
  return {
    kind: 'table',
    format: 'json',
    width: columns.length,
    height: rows.length,
    bytes: encoded(call, content),
    content,
  };
}

const A: Readonly<Record<TableColumnType, string>> = {
  text: 'a text',
  number: 'a number',
  boolean: 'a boolean',
  time: 'a time',
};

interface TableParts {
  readonly columns: readonly {
    readonly name: string;
    readonly type: TableColumnType | undefined;
  }[];
  readonly rows: readonly (readonly unknown[])[];
}

function tableParts(call: string, table: unknown): TableParts {
  if (isList(table)) return recordParts(call, table);
  const columns = propertyOf(table, 'columns');
  const rows = propertyOf(table, 'rows');
  if (!isList(columns) || !isList(rows))
    throw new ReportError(
      `${call}: the table must be { columns, rows }, or a list of records, not ${described(table)}`,
    );
  return {
    columns: columns.map((column) => {
      if (typeof column === 'string') return { name: column, type: undefined };
      const name = propertyOf(column, 'name');
      const type = propertyOf(column, 'type');
      if (typeof name !== 'string' || !(type === undefined || isColumnType(type)))
        throw new ReportError(
          `${call}: a column must be a name, or { name, type } with the type text, number, boolean or time, not ${described(column)}`,
        );
      return { name, type };
    }),
    rows: rows.map((row, index) => {
      if (isList(row)) return row;
      throw new ReportError(
        `${call}: row ${index} must be a list of cells, not ${described(row)}: pass a list of records alone, without columns`,
      );
    }),
  };
}

/** The columns of records are their keys, in the order of their first appearance. */
function recordParts(call: string, records: readonly unknown[]): TableParts {
  const names = new Set<string>();
  for (const [index, record] of records.entries()) {
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      throw new ReportError(
        `${call}: row ${index} must be an object with a cell for each column, not ${described(record)}`,
      );
    for (const name of Object.keys(record)) names.add(name);
    checkCount(call, 'table', names.size, 'columns', MAX_TABLE_COLUMNS, AS_ARTIFACT);
  }
  return {
    columns: [...names].map((name) => ({ name, type: undefined })),
    rows: records.map((record) => [...names].map((name) => propertyOf(record, name))),
  };
}

/** The cell as JSON; undefined if it cannot be a cell. A missing cell has no type. */
function storedCell(
  cell: unknown,
): { readonly type: TableColumnType | undefined; readonly value: StoredCell } | undefined {
  if (cell === undefined || cell === null) return { type: undefined, value: null };
  if (typeof cell === 'string') return { type: 'text', value: cell };
  if (typeof cell === 'boolean') return { type: 'boolean', value: cell };
  if (typeof cell === 'number')
    return { type: 'number', value: Number.isFinite(cell) ? cell : String(cell) };
  if (typeof cell === 'bigint') {
    const number = Number(cell);
    return Number.isSafeInteger(number) ? { type: 'number', value: number } : undefined;
  }
  if (cell instanceof Date || Object.prototype.toString.call(cell) === '[object Date]') {
    const time = Number(cell);
    return Number.isNaN(time) ? undefined : { type: 'time', value: new Date(time).toISOString() };
  }
  return undefined;
}

const isColumnType = (type: unknown): type is TableColumnType =>
  type === 'text' || type === 'number' || type === 'boolean' || type === 'time';

/** @param call names the call in errors. @throws ReportError, ReportLimitError */
export function matrixPlot(call: string, matrix: unknown): AnyPlot {
  const labels = propertyOf(matrix, 'labels');
  const counts = propertyOf(matrix, 'counts');
  if (!isList(labels) || !isList(counts))
    throw new ReportError(
      `${call}: the matrix must be { labels, counts }, not ${described(matrix)}`,
    );
  checkCount(call, 'matrix', labels.length, 'labels', MAX_MATRIX_LABELS, AS_ARTIFACT);
  if (labels.length === 0) throw new ReportError(`${call}: the matrix needs at least one label`);
  const names = labels.map((label) => {
    checkLabel(call, 'a label', label);
    return label;
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ReportError(
      `${call}: two classes have the label ${quoted(twice)}: give each class a label of its own`,
    );
  const size = names.length;
  if (counts.length !== size)
    throw new ReportError(
      `${call}: there are ${counts.length} rows of counts for ${size} labels: a confusion matrix is square, with counts[i][j] for an item of class i that was classified as class j`,
    );
  const content: MatrixContent = {
    labels: names,
    counts: counts.map((row, index) => {
      if (!isList(row) || row.length !== size)
        throw new ReportError(
          `${call}: row ${index} of the counts has ${isList(row) ? `${row.length} numbers` : described(row)} for ${size} labels: a confusion matrix is square`,
        );
      return row.map((value, column) => {
        if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
        throw new ReportError(
          `${call}: counts[${index}][${column}] is ${described(value)}: a count is a whole number that is not negative; report shares of a whole with reportTable`,
        );
      });
    }),
  };
  return {
    kind: 'confusionMatrix',
    format: 'json',
    width: size,
    height: size,
    bytes: encoded(call, content),
    content,
  };
}

function encoded(call: string, content: TableContent | MatrixContent): Buffer {
  const bytes = Buffer.from(JSON.stringify(content));
  if (bytes.byteLength > MAX_PLOT_DATA_BYTES)
    throw new ReportLimitError(
      `${call}: the data has ${count(bytes.byteLength)} bytes as JSON`,
      `it may have ${count(MAX_PLOT_DATA_BYTES)}`,
      AS_ARTIFACT,
    );
  return bytes;
}

function checkCount(
  call: string,
  owner: string,
  length: number,
  what: string,
  limit: number,
  remedy: string,
): void {
  if (length > limit)
    throw new ReportLimitError(
      `${call}: the ${owner} has ${count(length)} ${what}`,
      `it may have ${count(limit)}`,
      remedy,
    );
}

function checkLabel(call: string, what: string, label: unknown): asserts label is string {
  if (typeof label !== 'string' || label === '')
    throw new ReportError(`${call}: ${what} must be text, not ${described(label)}`);
  if (label.length > MAX_PLOT_LABEL_LENGTH)
    throw new ReportLimitError(
      `${call}: ${what} has ${count(label.length)} characters`,
      `it may have ${count(MAX_PLOT_LABEL_LENGTH)}`,
      'shorten it',
    );
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** The own property: a column called `toString` is missing, not a function. */
const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;

const quoted = (text: string): string => JSON.stringify(truncate(text, 60));

/** A value of the caller, for an error. */
function described(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty text' : quoted(value);
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return String(value);
}
