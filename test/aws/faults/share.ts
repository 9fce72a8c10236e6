/**
 * Samples of the cases, drawn by a seed: one case of each kind, or a number of cases.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Case } from './cases.ts';

export function share(cases: readonly Case[], seed: number, count: number): readonly Case[] {
  return ranked(cases, seed).slice(0, count);
}

/** Each kind of call (caller, service, action, kind of item) with each fault, once. */
export function ofEachKind(cases: readonly Case[], seed: number): readonly Case[] {
  const kinds = new Map<string, Case>();
  for (const one of ranked(cases, seed)) {
    const kind = kindOf(one);
    if (!kinds.has(kind)) kinds.set(kind, one);
  }
  return [...kinds.values()];
}

/** Without the names of components and the numbers of steps. */
const kindOf = ({ target: { label }, fault }: Case): string =>
  `${label.replaceAll(/\d+/gu, '0').replaceAll(/(C#)\w+|(D#)\w+/gu, '$1$2')} ${fault}`;

function ranked(cases: readonly Case[], seed: number): readonly Case[] {
  return cases
    .map((one) => ({
      one,
      rank: createHash('sha256')
        .update(`${seed} ${JSON.stringify(one)}`)
        .digest('hex'),
    }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ one }) => one);
}
