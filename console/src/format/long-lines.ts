/**
 * Lines of a log that are too long to be shown whole.
 *
 * @module
 */

/** Characters of a line that are shown before the rest is requested. */
export const MAX_SHOWN_CHARACTERS = 10_000;

export interface CutLine {
  readonly shown: string;
  /** The number of characters that are not shown. */
  readonly hidden: number;
}

/** The start of a line. No character of two code units is cut in the middle. */
export function cutLine(line: string, limit: number = MAX_SHOWN_CHARACTERS): CutLine {
  if (line.length <= limit) return { shown: line, hidden: 0 };
  const end = isHighSurrogate(line.charCodeAt(limit - 1)) ? limit - 1 : limit;
  return { shown: line.slice(0, end), hidden: line.length - end };
}

/** A line in parts of a bounded length, so that a view can draw only some of them. */
export function partsOfLine(line: string, length: number): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  while (from < line.length) {
    const { shown } = cutLine(line.slice(from, from + length + 1), length);
    const part = shown === '' ? line.slice(from, from + length) : shown;
    parts.push(part);
    from += part.length;
  }
  return parts;
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
