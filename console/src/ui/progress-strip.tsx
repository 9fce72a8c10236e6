import type { ReactNode } from 'react';
import type { StepCounts } from '../../../src/wire/step-counts.ts';
import { formatCount } from '../format/numbers.ts';
import { STRIP_ORDER, statusStyle } from './statuses.ts';

/** The smallest share of a strip that one step has: a single failure of 10,000 stays visible. */
const MIN_SHARE = 0.02;

/** The words of a strip, as `1,684 completed, 18 failed`. */
export function countsText(counts: StepCounts): string {
  const parts = STRIP_ORDER.flatMap((status) =>
    counts[status] === undefined || counts[status] === 0
      ? []
      : [`${formatCount(counts[status])} ${status}`],
  );
  return parts.length === 0 ? 'no steps yet' : parts.join(', ');
}

const PATTERNS = {
  solid: '',
  half: 'strip-half',
  hatch: 'strip-hatch',
  hollow: 'strip-hollow',
  dotted: 'strip-hollow',
} as const;

/** A bar with a part for each status of steps. */
export function ProgressStrip(props: {
  readonly counts: StepCounts;
  readonly className?: string;
}): ReactNode {
  const { counts, className = 'h-1.5' } = props;
  const total = STRIP_ORDER.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  return (
    <span
      role="img"
      aria-label={countsText(counts)}
      title={countsText(counts)}
      className={`flex w-full gap-px overflow-hidden rounded-sm bg-raised ${className}`}
    >
      {STRIP_ORDER.map((status) => {
        const count = counts[status] ?? 0;
        if (count === 0) return null;
        const { fill, pattern } = statusStyle(status);
        return (
          <span
            key={status}
            className={`h-full ${fill} ${PATTERNS[pattern]}`}
            style={{ flexGrow: Math.max(count / total, MIN_SHARE), flexBasis: 0 }}
          />
        );
      })}
    </span>
  );
}
