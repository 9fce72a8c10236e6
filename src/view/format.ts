/**
 * Formats numbers, times and tables for text output.
 *
 * @module
 */

import { clampTime } from '../model/iso-time.ts';
import { showControlsOnLine } from './terminal-text.ts';
import { clipWords } from './wrap.ts';

/** `850 ms`, `1.2 s`, `2 m 05 s`, `1 h 02 m`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.max(0, Math.round(durationMs))} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 3600) return `${Math.floor(wholeSeconds / 60)} m ${pad(wholeSeconds % 60)} s`;
  const minutes = Math.round(wholeSeconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
}

const pad = (value: number): string => String(value).padStart(2, '0');

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `12 B`, `1.5 kB`, `500 MB` (powers of 1,000). */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Local time, `2025-01-31 09:05:00`. */
export function formatTime(epochMs: number): string {
  const date = new Date(clampTime(epochMs));
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** At most `width` characters on one line. */
export function clip(text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** Of the last column of a table. */
const MIN_LAST_WIDTH = 10;
const MAX_LAST_WIDTH = 200;

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  readonly paint?: (text: string, row: T) => string;
}

/**
 * The lines of a table. Columns are two blanks apart and as wide as their content. The last column
 * is not padded, and cut at the end of a word where the table is wider than `width`. A column
 * without a title is left out if it is empty. A line end in a cell is shown as text.
 */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  paintTitle: (text: string) => string,
  width: number = Number.POSITIVE_INFINITY,
): string[] {
  const filled = columns
    .map((column) => ({
      ...column,
      cells: rows.map((row) => showControlsOnLine(column.value(row))),
    }))
    .filter(({ title, cells }) => title !== '' || cells.some((cell) => cell !== ''));
  const padded = ({ title, cells }: (typeof filled)[number], text: string): string =>
    text.padEnd(cells.reduce((width, cell) => Math.max(width, cell.length), title.length));
  const otherWidth = filled
    .slice(0, -1)
    .reduce((sum, column) => sum + padded(column, '').length + 2, 0);
  const lastWidth = Math.max(MIN_LAST_WIDTH, Math.min(width - otherWidth, MAX_LAST_WIDTH));
  const lines = rows.map((row, rowIndex) =>
    filled.map((column, index) => {
      const cell = column.cells[rowIndex] ?? '';
      const text = index === filled.length - 1 ? clipWords(cell, lastWidth) : padded(column, cell);
      return text === '' ? '' : (column.paint ?? unpainted)(text, row);
    }),
  );
  const titles = paintTitle(
    filled
      .map((column, index) =>
        index === filled.length - 1 ? column.title : padded(column, column.title),
      )
      .join('  ')
      .trimEnd(),
  );
  return [titles, ...lines.map((line) => line.join('  ').trimEnd())];
}

const unpainted = (text: string): string => text;

/** `1 step`, `3 steps`. */
export const formatCount = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;
