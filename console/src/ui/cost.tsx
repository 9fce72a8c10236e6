import type { ReactNode } from 'react';
import type { CostDocument } from '../../../src/wire/costs.ts';
import { formatMoney } from '../format/numbers.ts';

/** An estimated cost, and what the cache saved; its basis is the title. */
export function Cost({ cost }: { readonly cost: CostDocument }): ReactNode {
  const { compute, requests, savedByCache, basis } = cost;
  return (
    <span title={`estimate: ${basis}`}>
      {formatMoney(compute + requests)}
      {savedByCache !== null && savedByCache > 0 && ` · cache saved ${formatMoney(savedByCache)}`}
    </span>
  );
}
