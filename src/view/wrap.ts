/**
 * Fits text to the width of a terminal, never inside a word that fits on a line.
 *
 * @module
 */

/** At most `width` characters on one line; what is missing is cut at the end of a word. */
export function clipWords(text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= width) return line;
  const head = line.slice(0, Math.max(0, width - 1));
  const end = line[head.length] === ' ' ? head.length : head.lastIndexOf(' ');
  // A word that is longer than most of the line is cut itself.
  return `${end > width / 2 ? head.slice(0, end).trimEnd() : head}…`;
}

/** The lines of a text; a line that is too long continues after `indent`. */
export function wrapWords(text: string, width: number | undefined, indent = ''): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width, indent));
}

function wrapLine(line: string, width: number | undefined, indent: string): string[] {
  if (width === undefined || width <= indent.length + 1) return [line];
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const end = rest[width] === ' ' ? width : rest.lastIndexOf(' ', width);
    if (end <= indent.length) {
      // A long word stays whole, so that it can be copied.
      const next = rest.indexOf(' ', width);
      if (next === -1) break;
      lines.push(rest.slice(0, next));
      rest = indent + rest.slice(next + 1);
      continue;
    }
    lines.push(rest.slice(0, end).trimEnd());
    rest = indent + rest.slice(end + 1);
  }
  return [...lines, rest];
}
