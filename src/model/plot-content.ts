/**
 * The contents of plots: what is stored for a table and for a confusion matrix, as JSON. An image is
 * stored as its bytes.
 *
 * A step writes the content, so readers parse it by these schemas.
 *
 * @module
 */
import { z } from 'zod';
import { boundedArray } from './bounded-array.ts';
import {
  MAX_CELL_LENGTH,
  MAX_MATRIX_LABELS,
  MAX_PLOT_LABEL_LENGTH,
  MAX_TABLE_COLUMNS,
  MAX_TABLE_ROWS,
} from './limits.ts';

export const COLUMN_TYPES = ['text', 'number', 'boolean', 'time'] as const;

const labelSchema = z.string().max(MAX_PLOT_LABEL_LENGTH);

const columnSchema = z.object({ name: labelSchema, type: z.enum(COLUMN_TYPES) });

/** NaN and infinities are texts, as in points; a time is a text of RFC 3339. */
const cellSchema = z.union([z.string().max(MAX_CELL_LENGTH), z.number(), z.boolean(), z.null()]);

export const tableContentSchema = z.object({
  columns: boundedArray(columnSchema, MAX_TABLE_COLUMNS),
  rows: boundedArray(boundedArray(cellSchema, MAX_TABLE_COLUMNS), MAX_TABLE_ROWS),
});
export type TableContent = z.infer<typeof tableContentSchema>;
export type StoredCell = z.infer<typeof cellSchema>;

const countSchema = z.int().nonnegative();

/** `counts[i][j]`: how often label `i` was classified as label `j`. */
export const matrixContentSchema = z
  .object({
    labels: boundedArray(labelSchema, MAX_MATRIX_LABELS),
    counts: boundedArray(boundedArray(countSchema, MAX_MATRIX_LABELS), MAX_MATRIX_LABELS),
  })
  .refine(
    ({ labels, counts }) =>
      counts.length === labels.length && counts.every((row) => row.length === labels.length),
    'the counts must have one row and one column for each label',
  );
export type MatrixContent = z.infer<typeof matrixContentSchema>;
