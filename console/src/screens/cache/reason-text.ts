import type { CacheExplanation, KeyDifference } from '../../../../src/model/cache-explanation.ts';

/** The sentence of the explanation with the parts of the key that differ. */
export const reasonText = ({ reason, differences }: CacheExplanation): string =>
  [reason, ...differences.map(differenceText)].join(' · ');

function differenceText({ part, name, before, now, details }: KeyDifference): string {
  const what = `${part}${name === null ? '' : ` ${name}`}`;
  const values = before === null && now === null ? '' : `: ${before ?? 'none'} → ${now ?? 'none'}`;
  return `${what}${values}${details.length === 0 ? '' : ` (${details.join('; ')})`}`;
}
