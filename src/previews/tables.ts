/**
 * Tables: lists of records, and texts with separated values (RFC 4180).
 *
 * @module
 */
import type { PreviewContent, PreviewValue } from '../model/preview.ts';
import type { PreviewBudget, PreviewRange } from './budget.ts';

type Table = Extract<PreviewContent, { readonly kind: 'table' }>;

const MAX_COLUMNS = 200;
/** A record without the field. */
const MISSING: PreviewValue = { is: 'omitted', type: 'missing', length: null };

/** The value as a table; undefined if it is no list of records, or a property is itself a large value. */
export function recordTable(value: PreviewValue, from: number): Table | undefined {
  if (value === null || typeof value !== 'object' || value.is !== 'array') return undefined;
  const records = value.items.map((item) =>
    item !== null && typeof item === 'object' && item.is === 'object' ? item : undefined,
  );
  const names = new Set<string>();
  for (const record of records) {
    if (record === undefined || record.length > MAX_COLUMNS) return undefined;
    for (const [name] of record.entries) names.add(name);
  }
  if (names.size === 0 || names.size > MAX_COLUMNS) return undefined;
  const columns = [...names];
  const rows = records.map((record) => {
    const cells = new Map(record?.entries ?? []);
    return columns.map((name) => cells.get(name) ?? (cells.has(name) ? null : MISSING));
  });
  return {
    kind: 'table',
    columns: columns.map((name, index) => ({
      name,
      type: columnType(rows.map((row) => row[index] ?? null)),
    })),
    from,
    rows,
    rowCount: value.length < 0 ? null : value.length,
  };
}

/** The type that all cells have; `mixed` for several. */
function columnType(cells: readonly PreviewValue[]): string {
  const types = new Set(cells.filter((cell) => cell !== null && cell !== MISSING).map(typeOf));
  const [type] = types;
  return type === undefined ? 'null' : types.size === 1 ? type : 'mixed';
}

function typeOf(value: PreviewValue): string {
  if (value === null || typeof value !== 'object') return typeof value;
  if (value.is === 'text') return 'string';
  return value.is === 'scalar' || value.is === 'typedArray' ? value.type : value.is;
}

const SEPARATORS = [',', ';', '\t', '|'] as const;

/** @param isWhole the text is complete: its last line counts */
export function separatedTable(
  text: string,
  isWhole: boolean,
  { from, limit }: PreviewRange,
  budget: PreviewBudget,
): Table | undefined {
  const separator = separatorOf(text);
  const records = recordsOf(text, separator, isWhole);
  const header = records.next();
  if (header.done === true) return undefined;
  const names = header.value.slice(0, MAX_COLUMNS);
  if (header.value.length > MAX_COLUMNS) budget.isExceeded = true;
  const rows: PreviewValue[][] = [];
  let index = 0;
  for (const record of records) {
    if (index >= from && rows.length < limit && budget.takeValue())
      rows.push(names.map((_, column) => budget.text(record[column] ?? '')));
    index += 1;
  }
  if (rows.length < index) budget.isExceeded = true;
  return {
    kind: 'table',
    columns: names.map((name, column) => ({
      name: budget.name(name),
      type: rows.length > 0 && rows.every((row) => isNumeric(row[column])) ? 'number' : 'string',
    })),
    from,
    rows,
    rowCount: isWhole ? index : null,
  };
}

/** An empty cell has no type. */
const isNumeric = (cell: PreviewValue | undefined): boolean =>
  typeof cell === 'string' &&
  /^\s*(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|NaN)?\s*$/.test(cell);

/** The separator that the first line has most often. */
function separatorOf(text: string): string {
  const end = text.indexOf('\n');
  const line = text.slice(0, end === -1 ? 10_000 : Math.min(end, 10_000));
  const counts = SEPARATORS.map((separator) => line.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** The records of a text; without its last one if the text is cut. */
function* recordsOf(text: string, separator: string, isWhole: boolean): Generator<string[]> {
  let record: string[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const pattern = new RegExp(`[${separator === '|' ? '\\|' : separator}\\r\\n]`, 'g');
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      const quoted = quotedField(text, at);
      if (quoted === undefined) break;
      field = quoted.field;
      at = quoted.end;
    }
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) {
      record.push(field + text.slice(at));
      at = text.length;
      break;
    }
    record.push(field + text.slice(at, found.index));
    at = found.index + 1;
    if (found[0] === separator) {
      // A separator at the end of the text is followed by an empty field.
      if (at === text.length) record.push('');
      continue;
    }
    if (found[0] === '\r' && text[at] === '\n') at += 1;
    if (record.length > 1 || record[0] !== '') yield record;
    record = [];
  }
  if (isWhole && record.length > 0) yield record;
}

/** A field in quotation marks; undefined if the text ends in it. */
function quotedField(
  text: string,
  start: number,
): { readonly field: string; readonly end: number } | undefined {
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return undefined;
    if (text[quote + 1] !== '"')
      return { field: text.slice(start + 1, quote).replaceAll('""', '"'), end: quote + 1 };
    at = quote + 2;
  }
}
