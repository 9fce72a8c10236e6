/**
 * The lines of the user's files from which a bundle was made, read from its source map.
 *
 * @module
 */
import type { SourceMaps } from './source-maps.ts';

export interface SourceFile {
  /** Relative to the project's folder. */
  readonly file: string;
  readonly parts: readonly {
    /** The number of its first line, from 1. */
    readonly line: number;
    readonly text: string;
  }[];
}

/** Lines without code between two lines of a part: comments, blank lines, a bracket. */
const MAX_GAP = 4;
/** All parts together. */
const MAX_LENGTH = 1_000_000;

/** The parts of each file of a bundle; empty if the sources are not on record. */
export function sourceLines(maps: SourceMaps, bundle: string): readonly SourceFile[] {
  const map = Object.hasOwn(maps.bundles, bundle) ? maps.bundles[bundle] : undefined;
  if (map === undefined) return [];
  const linesBySource = mappedLines(map.mappings);
  let length = 0;
  return map.sources.flatMap((source, index) => {
    const found = maps.sources[source];
    const mapped = linesBySource.get(index);
    if (found?.content === undefined || mapped === undefined) return [];
    const lines = found.content.split(/\r?\n/);
    const parts = rangesOf([...mapped].sort((a, b) => a - b)).flatMap(([first, last]) => {
      const text = lines.slice(first, last + 1).join('\n');
      length += text.length;
      return first >= lines.length || length > MAX_LENGTH ? [] : [{ line: first + 1, text }];
    });
    return parts.length === 0 ? [] : [{ file: found.file, parts }];
  });
}

/** Ranges of lines with at most `MAX_GAP` lines between two of them. */
function rangesOf(lines: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && line - last[1] <= MAX_GAP + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const MAX_LINES = 1_000_000;

/**
 * The lines (from 0) that mappings of a source map name, by the index of the source. A segment has
 * differences to the one before: column, source, line, column of the source, name; each in base 64,
 * five bits a digit (ECMA-426). Damaged mappings end the reading.
 */
function mappedLines(mappings: string): ReadonlyMap<number, ReadonlySet<number>> {
  const found = new Map<number, Set<number>>();
  let source = 0;
  let line = 0;
  let field = 0;
  let value = 0;
  let shift = 0;
  for (const character of mappings) {
    if (character === ',' || character === ';') {
      field = 0;
      continue;
    }
    const digit = DIGITS.indexOf(character);
    if (digit === -1 || shift > 30) return found;
    value += (digit & 31) * 2 ** shift;
    if (digit >= 32) {
      shift += 5;
      continue;
    }
    const difference = value % 2 === 1 ? -Math.floor(value / 2) : value / 2;
    if (field === 1) source += difference;
    if (field === 2) {
      line += difference;
      if (source < 0 || line < 0 || line > MAX_LINES) return found;
      const lines = found.get(source) ?? new Set();
      found.set(source, lines.add(line));
    }
    field += 1;
    value = 0;
    shift = 0;
  }
  return found;
}
