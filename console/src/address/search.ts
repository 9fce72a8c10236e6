/**
 * Search parameters of addresses. Each is a text or a list of texts (`?status=failed&status=running`);
 * a screen reads them with the functions below, and parameters that it does not know are dropped.
 *
 * @module
 */

export type SearchValue = string | readonly string[];
export type SearchParams = Readonly<Record<string, SearchValue | undefined>>;

/** The parameters of `?…`. A repeated one is a list. */
export function parseSearch(text: string): Record<string, SearchValue> {
  const found = new Map<string, SearchValue>();
  for (const [name, value] of new URLSearchParams(text)) {
    const before = found.get(name);
    found.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(found);
}

/**
 * The inverse of `parseSearch`, with its question mark. Characters that are safe stay readable. An
 * empty text is a value, as of an argument; a filter that is not set is `undefined`.
 */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(search).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter((each) => each !== undefined && each !== null)
      .map((each) => `${encode(name)}=${encode(String(each))}`),
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

const encode = (text: string) =>
  encodeURIComponent(text.toWellFormed())
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');

/** The text of a parameter; of a list, its last one. */
export function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return textOf(value.at(-1));
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export const textsOf = (value: unknown): readonly string[] =>
  [value].flat().filter((each): each is string => typeof each === 'string' && each !== '');

/** The parameter, if it is one of `values`. */
export const oneOf = <T extends string>(value: unknown, values: readonly T[]): T | undefined =>
  values.find((each) => each === textOf(value));

/** Those of `values` that the parameter contains, each once, in the order of `values`. */
export const someOf = <T extends string>(value: unknown, values: readonly T[]): readonly T[] =>
  values.filter((each) => textsOf(value).includes(each));

/** A whole number that is not negative. */
export function countOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
