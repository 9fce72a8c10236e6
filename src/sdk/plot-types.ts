/**
 * The types of tables, images and confusion matrices that a step reports. They need no types of other
 * packages.
 *
 * @module
 */
import type { ArtifactFile } from './artifact-file.ts';
import type { Logger } from './option-types.ts';

/** A value in a table. All cells of a column have one type; any of them may be missing. */
export type TableCell = string | number | bigint | boolean | Date | null | undefined;

/** The type of a column: that of its cells. */
export type TableColumnType = 'text' | 'number' | 'boolean' | 'time';

/** A column of a table. */
export interface TableColumn {
  readonly name: string;
  /** Default: the type of the column's first cell that is not missing. */
  readonly type?: TableColumnType | undefined;
}

/** A table: its columns in order, and a cell for each column in each row. */
export interface TableData {
  readonly columns: readonly (string | TableColumn)[];
  readonly rows: readonly (readonly TableCell[])[];
}

/** One row of a table by the names of its columns. */
export type TableRecord = Readonly<Record<string, TableCell>>;

/** A confusion matrix. */
export interface ConfusionMatrix {
  /** The names of the classes. */
  readonly labels: readonly string[];
  /** `counts[i][j]`: how often an item of class `i` was classified as class `j`. */
  readonly counts: readonly (readonly number[])[];
}

/** The logger of a step. */
export interface StepLogger extends Logger {
  /**
   * Reports a table: its columns and rows, or a list of records, whose keys are the columns.
   *
   * @param iteration Default: 0.
   */
  reportTable(
    title: string,
    series: string,
    table: TableData | readonly TableRecord[],
    iteration?: number,
  ): Promise<void>;
  /**
   * Reports an image in the format PNG, JPEG, GIF or WebP: its bytes, or the path of a file.
   *
   * @param iteration Default: 0.
   */
  reportImage(
    title: string,
    series: string,
    image: Uint8Array | string | ArtifactFile,
    iteration?: number,
  ): Promise<void>;
  /**
   * Reports a confusion matrix.
   *
   * @param iteration Default: 0.
   */
  reportConfusionMatrix(
    title: string,
    series: string,
    matrix: ConfusionMatrix,
    iteration?: number,
  ): Promise<void>;
}
