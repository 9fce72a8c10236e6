import { type ReactNode, Suspense } from 'react';
import { commandLine } from '../../forms/command.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LogsTab } from './logs/logs-tab.tsx';
import { ParametersTab } from './parameters/parameters-tab.tsx';
import type { RunTab } from './search.ts';
import { StepsTab } from './steps-tab.tsx';
import type { TabProps } from './tab-props.ts';

/** The content of the selected tab. */
export function TabContent(props: TabProps & { readonly tab: RunTab }): ReactNode {
  const { live, tab } = props;
  const needsColumns = tab === 'graph' || tab === 'timeline' || tab === 'steps';
  if (needsColumns && live.mode === 'outdated')
    return (
      <EmptyState
        title="This service is older than the console."
        command={commandLine('runs', 'show', props.run.id)}
      />
    );
  if (needsColumns && !live.isLoaded) return <p className="p-4 text-muted">Loading the steps…</p>;
  return (
    <Suspense fallback={<p className="p-4 text-muted">Loading…</p>}>
      <Selected {...props} />
    </Suspense>
  );
}

function Selected({ tab, ...props }: TabProps & { readonly tab: RunTab }): ReactNode {
  switch (tab) {
    case 'logs':
      return <LogsTab {...props} />;
    case 'parameters':
      return <ParametersTab {...props} />;
    default:
      return <StepsTab {...props} />;
  }
}
