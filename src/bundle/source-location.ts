/**
 * A position in a text as line and column, and the lines around it.
 *
 * @module
 */
import type { SourceLocation } from './errors.ts';

const CONTEXT_LINES = 2;

export function locationOf(file: string, text: string, position: number): SourceLocation {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return { file, line, column: position - (before.lastIndexOf('\n') + 1) + 1 };
}

/** The lines around a place, numbered, with a caret under it. */
export function codeFrame(text: string, location: SourceLocation): string {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, location.line - CONTEXT_LINES);
  const last = Math.min(lines.length, location.line + CONTEXT_LINES);
  const width = String(last).length;
  const frame: string[] = [];
  for (let line = first; line <= last; line += 1) {
    const mark = line === location.line ? '>' : ' ';
    frame.push(`${mark} ${String(line).padStart(width)} | ${lines[line - 1] ?? ''}`.trimEnd());
    if (line === location.line)
      frame.push(`  ${' '.repeat(width)} | ${' '.repeat(location.column - 1)}^`);
  }
  return frame.join('\n');
}
