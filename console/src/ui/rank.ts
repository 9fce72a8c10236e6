/**
 * Finds entries by words: each word must occur, and entries that start with one come first.
 *
 * @module
 */

export function rankByWords<T>(
  entries: readonly T[],
  text: string,
  textOf: (entry: T) => string,
): readonly T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return entries
    .flatMap((entry) => {
      const target = textOf(entry).toLowerCase();
      if (!words.every((word) => target.includes(word))) return [];
      const starts = words.filter(
        (word) => target.startsWith(word) || target.includes(` ${word}`),
      ).length;
      return [{ entry, starts }];
    })
    .sort((a, b) => b.starts - a.starts)
    .map(({ entry }) => entry);
}
