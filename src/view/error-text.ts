/**
 * An error on record as text: its message, where it was thrown in the user's files, the code there,
 * and the errors behind it.
 *
 * @module
 */
import type { ErrorRecord } from '../model/errors.ts';
import { truncate } from '../model/truncate.ts';
import type { Colors } from './output.ts';
import { wrapWords } from './wrap.ts';

const MAX_MESSAGE_LENGTH = 2000;
const MAX_FRAMES = 8;
const MAX_CAUSES = 5;

export interface TextLayout {
  readonly colors: Colors;
  /** The width of the terminal; undefined where lines are not wrapped. */
  readonly columns: number | undefined;
}

/** `TypeError: fetch failed`. */
export const errorHeader = ({ name, message }: Pick<ErrorRecord, 'name' | 'message'>): string =>
  truncate(`${name}: ${message}`, MAX_MESSAGE_LENGTH);

/** The error, complete. */
export const errorLines = (error: ErrorRecord, layout: TextLayout): string[] => [
  ...wrapWords(`error: ${errorHeader(error)}`, layout.columns, '  ').map(layout.colors.red),
  ...errorDetails(error, layout),
];

/** What follows the header of an error. The same code is shown once. */
export function errorDetails(error: ErrorRecord, layout: TextLayout): string[] {
  const { colors, columns } = layout;
  const shown = new Set<string>();
  const lines: string[] = [];
  let current: ErrorRecord | undefined = error;
  for (let depth = 0; current !== undefined && depth <= MAX_CAUSES; depth += 1) {
    const { codeFrame, location } = current;
    if (depth > 0) lines.push(...wrapWords(`  caused by ${errorHeader(current)}`, columns, '    '));
    lines.push(...framesOf(current).map((frame) => colors.dim(`    ${frame}`)));
    const line = `${location?.file}:${location?.line}`;
    if (codeFrame !== undefined && !shown.has(line)) lines.push(...codeLines(codeFrame, columns));
    shown.add(line);
    current = current.cause;
  }
  return lines;
}

/** `at load (src/steps.ts:12:9)`. */
function framesOf({ stack, location }: ErrorRecord): string[] {
  if (stack === undefined || location === undefined) return [];
  const frames = stack.split('\n').filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line));
  const more = frames.length - MAX_FRAMES;
  return [
    ...frames.slice(0, MAX_FRAMES).map((frame) => frame.trim()),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ];
}

const codeLines = (frame: string, columns: number | undefined): string[] =>
  frame
    .split('\n')
    .map((line) => (columns === undefined ? `  ${line}` : `  ${line}`.slice(0, columns)));
