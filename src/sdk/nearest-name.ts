/**
 * The suggestion for a name that is not known. Part of the evaluator's context, too.
 *
 * @module
 */

/**
 * The known name that is most similar to `name`; undefined if none is similar. Letter case and `_`
 * are ignored: `return_values` equals `returnValues`.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const normalizedName = normalizeName(name);
  const limit = Math.max(2, Math.floor(normalizedName.length / 4));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(normalizedName, normalizeName(candidate));
    if (distance <= limit && (best === undefined || distance < best.distance))
      best = { name: candidate, distance };
  }
  return best?.name;
}

const normalizeName = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** The number of insertions, deletions and replacements that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
