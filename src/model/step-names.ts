/**
 * The names of steps: the calls of component `a` are the steps `a`, `a_1`, `a_2` …
 *
 * A number is skipped if another component of the pipeline has the name that would follow: with a
 * component `a_1`, the second call of `a` is `a_2`. Therefore no two steps of a run have one name.
 * The skipped numbers are part of the component's declaration, so that the controller and each
 * replay number the calls in the same way.
 *
 * Pure and without imports, because it is part of the bundle for the evaluator's context.
 *
 * @module
 */

/** The numbers that calls of the component skip, in ascending order. */
export function skippedNumbersOf(component: string, allComponents: Iterable<string>): number[] {
  const numbers = new Set<number>();
  const prefix = `${component}_`;
  for (const name of allComponents) {
    if (!name.startsWith(prefix)) continue;
    const digits = name.slice(prefix.length);
    if (/^[1-9]\d{0,8}$/.test(digits)) numbers.add(Number(digits));
  }
  return [...numbers].sort((a, b) => a - b);
}

/** The number in the name of the call with this index among the component's calls; 0: none. */
export function stepNumberOf(index: number, skipped: readonly number[] = []): number {
  if (index === 0) return 0;
  let number = index;
  for (const each of skipped) {
    if (each > number) break;
    number += 1;
  }
  return number;
}

/** @param number `stepNumberOf` */
export const stepNameOf = (component: string, number: number): string =>
  number === 0 ? component : `${component}_${number}`;
