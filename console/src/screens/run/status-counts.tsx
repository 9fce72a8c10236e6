import type { ReactNode } from 'react';
import type { StepCounts } from '../../../../src/wire/step-counts.ts';
import { formatCount } from '../../format/numbers.ts';
import { STRIP_ORDER, statusStyle } from '../../ui/statuses.ts';

/** Numbers of steps by status, as `✓ 1,684 completed`. */
export function StatusCounts(props: { readonly counts: StepCounts }): ReactNode {
  return STRIP_ORDER.map((status) => {
    const count = props.counts[status] ?? 0;
    if (count === 0) return null;
    const { glyph, text } = statusStyle(status);
    return (
      <span key={status} className={`whitespace-nowrap ${text}`}>
        <span aria-hidden="true">{`${glyph} `}</span>
        {`${formatCount(count)} ${status}`}
      </span>
    );
  });
}
