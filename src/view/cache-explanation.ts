/**
 * Why a step was computed or taken from the cache, as text and as the document of `--json`.
 *
 * @module
 */
import type { CacheExplanation, ComparedCall, KeyDifference } from '../model/cache-explanation.ts';
import { toIsoTime } from '../model/iso-time.ts';
import type { PrintedExplanation } from '../wire/printed.ts';
import type { TextLayout } from './error-text.ts';
import { formatTime } from './format.ts';
import { paintStatus, statusSymbol } from './status-style.ts';
import { showControlsOnLine } from './terminal-text.ts';
import { wrapWords } from './wrap.ts';

const DECISIONS: Readonly<Record<CacheExplanation['decision'], string>> = {
  hit: 'taken from the cache',
  computed: 'computed',
  waiting: 'waiting',
  adopted: 'taken over',
  off: 'computed without the cache',
  undecided: 'not decided',
};

export function explanationLines(
  { step, status, decision, reason, origin, differences, cacheKey }: CacheExplanation,
  { colors, columns }: TextLayout,
): string[] {
  const at = origin?.at ?? null;
  return [
    paintStatus(`${statusSymbol(status)} ${showControlsOnLine(step)}`, status, colors),
    ...wrapWords(`${DECISIONS[decision]}: ${showControlsOnLine(reason)}`, columns, '  '),
    ...differences.flatMap((difference) =>
      wrapWords(`  ${showControlsOnLine(differenceText(difference))}`, columns, '    '),
    ),
    ...(at === null ? [] : [colors.dim(`  computed ${formatTime(at)}`)]),
    ...(cacheKey === null ? [] : [colors.dim(`  cache key ${cacheKey}`)]),
  ];
}

/** `argument lr: 0.1 → 0.2`, `code: changed: normalise`. */
function differenceText({ part, name, before, now, details }: KeyDifference): string {
  const subject = name === null ? (part === 'argument' ? 'an argument' : part) : `${part} ${name}`;
  const values =
    before === null && now === null
      ? ''
      : before === now
        ? `${now}, with other content`
        : `${before ?? 'absent'} → ${now ?? 'absent'}`;
  const text = [values, ...details].filter((each) => each !== '').join('; ');
  return text === '' ? `${subject} differs` : `${subject}: ${text}`;
}

export const explanationReport = (explanation: CacheExplanation): PrintedExplanation => ({
  ...explanation,
  origin: callReport(explanation.origin),
  comparedWith: callReport(explanation.comparedWith),
});

const callReport = (call: ComparedCall | null): PrintedExplanation['origin'] =>
  call === null ? null : { ...call, at: call.at === null ? null : toIsoTime(call.at) };
