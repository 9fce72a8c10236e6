/**
 * From a position in a text to what people read: line, column, the lines around it.
 *
 * @module
 */
import type { Place } from './errors.ts';

const LINES_AROUND = 2;

export function placeOf(file: string, text: string, position: number): Place {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return { file, line, column: position - (before.lastIndexOf('\n') + 1) + 1 };
}

/** The lines around a place, numbered, with a caret under it. */
export function frameOf(text: string, place: Place): string {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, place.line - LINES_AROUND);
  const last = Math.min(lines.length, place.line + LINES_AROUND);
  const width = String(last).length;
  const frame: string[] = [];
  for (let line = first; line <= last; line += 1) {
    const mark = line === place.line ? '>' : ' ';
    frame.push(`${mark} ${String(line).padStart(width)} | ${lines[line - 1] ?? ''}`.trimEnd());
    if (line === place.line)
      frame.push(`  ${' '.repeat(width)} | ${' '.repeat(place.column - 1)}^`);
  }
  return frame.join('\n');
}
