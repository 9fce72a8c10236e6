/**
 * A text that knows which parts of it were copied from a source, so that positions in it can be
 * traced back.
 *
 * @module
 */

/** `length` characters at `at` of the text are those at `from` of the source. */
export interface Slice {
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

/** All slices of a text are from one source, in ascending order. */
export interface TracedText {
  readonly text: string;
  readonly slices: readonly Slice[];
}

/** The characters of `source` from `start` to `end`. */
export const copied = (source: string, start: number, end: number): TracedText => ({
  text: source.slice(start, end),
  slices: end > start ? [{ at: 0, from: start, length: end - start }] : [],
});

/** A template with traced parts: traced`const ${name} = ${text};`. */
export function traced(
  strings: readonly string[],
  ...values: readonly (string | TracedText)[]
): TracedText {
  return joined(
    strings.flatMap((string, index) => {
      const value = values[index];
      return value === undefined ? [string] : [string, value];
    }),
    '',
  );
}

export function joined(parts: readonly (string | TracedText)[], separator: string): TracedText {
  const slices: Slice[] = [];
  let text = '';
  for (const [index, part] of parts.entries()) {
    if (index > 0) text += separator;
    if (typeof part === 'string') text += part;
    else {
      for (const slice of part.slices) slices.push({ ...slice, at: slice.at + text.length });
      text += part.text;
    }
  }
  return { text, slices };
}

/** The position in the source of the character at `offset`; undefined if it was not copied. */
export function sourceOffset(slices: readonly Slice[], offset: number): number | undefined {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slices[middle]?.at ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const slice = slices[low - 1];
  return slice === undefined || offset >= slice.at + slice.length
    ? undefined
    : slice.from + offset - slice.at;
}
