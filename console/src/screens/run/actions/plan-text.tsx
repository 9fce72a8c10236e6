import type { ReactNode } from 'react';
import { formatCount, formatCounted } from '../../../format/numbers.ts';
import type { ComponentCount, KeepPlan } from '../../../forms/keep-plan.ts';
import { Name } from '../../../ui/name.tsx';

const SHOWN_COMPONENTS = 8;

/** What is kept of a run and what is executed, by component. */
export function PlanText(props: {
  readonly plan: KeepPlan;
  readonly keptLabel: string;
}): ReactNode {
  const { plan, keptLabel } = props;
  return (
    <dl aria-live="polite" className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
      <dt className="text-muted">{keptLabel}</dt>
      <dd>
        {`the results of ${formatCounted(plan.keptCalls, 'step')}`}
        <Components list={plan.kept} />
      </dd>
      <dt className="text-muted">Executed</dt>
      <dd>
        {`${formatCounted(plan.againCalls, 'step')}, and those that the run did not reach`}
        <Components list={plan.again} />
      </dd>
    </dl>
  );
}

function Components({ list }: { readonly list: readonly ComponentCount[] }): ReactNode {
  if (list.length === 0) return null;
  return (
    <span className="block break-words text-muted">
      {list.slice(0, SHOWN_COMPONENTS).map(({ component, calls }) => (
        <span key={component} className="mr-2">
          <Name text={component} wrap />
          {calls === 1 ? '' : ` × ${formatCount(calls)}`}
        </span>
      ))}
      {list.length > SHOWN_COMPONENTS && `and ${list.length - SHOWN_COMPONENTS} more components`}
    </span>
  );
}
