/**
 * Tables and confusion matrices as lines of text, for a terminal and for debug mode.
 *
 * @module
 */
import type { MatrixContent, StoredCell, TableContent } from './plot-content.ts';

/** What is printed of a large table: the rest is counted. */
const MAX_PRINTED_ROWS = 20;
const MAX_PRINTED_COLUMNS = 12;
const MAX_PRINTED_CELL_LENGTH = 40;
const MIN_WIDTH = 20;

const CORNER = 'actual \\ predicted';

/** A confusion matrix as a table: a column with the actual classes, and one for each prediction. */
export const matrixTable = ({ labels, counts }: MatrixContent): TableContent => ({
  columns: [
    { name: CORNER, type: 'text' },
    ...labels.map((name) => ({ name, type: 'number' as const })),
  ],
  rows: counts.map((row, index) => [labels[index] ?? '', ...row]),
});

/** `accuracy 0.93 (279 of 300)`; undefined for a matrix without items. */
export function accuracyLine({ counts }: MatrixContent): string | undefined {
  const total = counts.flat().reduce((sum, value) => sum + value, 0);
  const right = counts.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  return total === 0
    ? undefined
    : `accuracy ${Number((right / total).toPrecision(4))} (${right} of ${total})`;
}

export const cellText = (cell: StoredCell): string => (cell === null ? '' : String(cell));

export interface TableTextOptions {
  /** Makes a text of the step safe to print. */
  readonly show?: ((text: string) => string) | undefined;
  readonly paintTitle?: ((text: string) => string) | undefined;
  /** The width of the terminal. */
  readonly columns?: number | undefined;
}

/** The lines of a table. Numbers are aligned at the right. */
export function tableLines(
  { columns, rows }: TableContent,
  { show = onOneLine, paintTitle = (text) => text, columns: width }: TableTextOptions = {},
): string[] {
  const fitting = (text: string): string => {
    const shown = show(text);
    return shown.length > MAX_PRINTED_CELL_LENGTH
      ? `${shown.slice(0, MAX_PRINTED_CELL_LENGTH - 1)}…`
      : shown;
  };
  const printedRows = rows.slice(0, MAX_PRINTED_ROWS);
  const cells = columns.slice(0, MAX_PRINTED_COLUMNS).map(({ name, type }, index) => {
    const title = fitting(name);
    const texts = printedRows.map((row) => fitting(cellText(row[index] ?? null)));
    const cellWidth = texts.reduce((most, text) => Math.max(most, text.length), title.length);
    const pad = (text: string): string =>
      type === 'number' ? text.padStart(cellWidth) : text.padEnd(cellWidth);
    return { title: pad(title), texts: texts.map(pad), width: cellWidth };
  });
  const printed = cells.slice(0, columnsWithin(cells, width));
  const line = (parts: readonly string[]): string => parts.join('  ').trimEnd();
  const moreRows = rows.length - printedRows.length;
  const moreColumns = columns.length - printed.length;
  return [
    paintTitle(line(printed.map(({ title }) => title))),
    ...printedRows.map((_, row) => line(printed.map(({ texts }) => texts[row] ?? ''))),
    ...(moreRows + moreColumns === 0
      ? []
      : [
          `… ${[
            ...(moreRows === 0 ? [] : [`${moreRows} more rows`]),
            ...(moreColumns === 0 ? [] : [`${moreColumns} more columns`]),
          ].join(', ')}`,
        ]),
  ];
}

/** How many columns a line has room for: at least one. */
function columnsWithin(
  columns: readonly { readonly width: number }[],
  terminalWidth: number | undefined,
): number {
  if (terminalWidth === undefined) return columns.length;
  let used = 0;
  for (const [index, { width }] of columns.entries()) {
    used += width + (index === 0 ? 0 : 2);
    if (used > Math.max(MIN_WIDTH, terminalWidth)) return Math.max(1, index);
  }
  return columns.length;
}

const onOneLine = (text: string): string => text.replace(/\s+/g, ' ');
