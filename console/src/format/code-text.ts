/**
 * The text of code for a reader: its source if that is on record, else its bundle.
 *
 * @module
 */
import type { CodeDocument } from '../../../src/wire/code.ts';
import { visibleLines } from './visible-lines.ts';

/** Files one after the other, each after its name; parts of a file that are left out are marked. */
export function codeText({
  sources,
  bundle,
}: Pick<CodeDocument, 'sources' | 'bundle'>): string | undefined {
  if (sources.length === 0) return bundle ?? undefined;
  return sources
    .map(({ file, parts }) =>
      [`// ${file}`, ...parts.map(({ text }) => text.replace(/\n$/, ''))].join('\n'),
    )
    .join('\n\n');
}

/** Lines and the numbers beside them: two texts with the same number of lines. */
export function numberedLines(
  text: string,
  first: number,
): { readonly numbers: string; readonly text: string } {
  const lines = visibleLines(text.replace(/\r?\n$/, '')).split(/\r?\n/);
  return {
    numbers: lines.map((_, index) => first + index).join('\n'),
    text: lines.join('\n'),
  };
}
