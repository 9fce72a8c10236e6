import { lazy, type ReactNode, Suspense } from 'react';
import { commandLine } from '../../forms/command.ts';
import type { RunViewProps } from '../../graph/view-contract.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import EventsTab from './events/events-tab.tsx';
import { graphSearchOf } from './graph-search.ts';
import { LogsTab } from './logs/logs-tab.tsx';
import { ParametersTab } from './parameters/parameters-tab.tsx';
import { isActive } from './run-names.ts';
import type { RunTab } from './search.ts';
import { StepsTab } from './steps-tab.tsx';
import type { TabProps } from './tab-props.ts';

const loadGraph = () => import('../../graph/graph-view.tsx');
const loadTimeline = () => import('../../graph/timeline-view.tsx');
const GraphView = lazy(async () => ({ default: (await loadGraph()).GraphView }));
const TimelineView = lazy(async () => ({ default: (await loadTimeline()).TimelineView }));
const MetricsTab = lazy(async () => ({
  default: (await import('./metrics/views.ts')).MetricsTab,
}));
const ArtifactsTab = lazy(async () => ({
  default: (await import('./artifacts/views.ts')).ArtifactsTab,
}));

/** Loads the code of a view that is shown when the run's steps are here. */
export function preloadTab(tab: RunTab): void {
  const loading =
    tab === 'graph' ? loadGraph() : tab === 'timeline' ? loadTimeline() : Promise.resolve();
  // The view reports that it cannot be loaded.
  loading.catch(() => undefined);
}

/** The content of the selected tab. */
export function TabContent(props: TabProps & { readonly tab: RunTab }): ReactNode {
  const { run, live, tab } = props;
  const needsColumns = tab === 'graph' || tab === 'timeline' || tab === 'steps';
  if (needsColumns && live.mode === 'outdated')
    return (
      <EmptyState
        title="This service is older than the console."
        command={commandLine('runs', 'show', run.id)}
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
    case 'graph':
      return <GraphView {...viewProps(props)} />;
    case 'timeline':
      return <TimelineView {...viewProps(props)} />;
    case 'steps':
      return <StepsTab {...props} />;
    case 'logs':
      return <LogsTab {...props} />;
    case 'metrics':
      return <MetricsTab {...props} />;
    case 'artifacts':
      return <ArtifactsTab {...props} />;
    case 'parameters':
      return <ParametersTab {...props} />;
    case 'events':
      return <EventsTab {...props} />;
  }
}

const viewProps = ({ run, live, search, change }: TabProps): RunViewProps => ({
  columns: live.feed.columns,
  search: graphSearchOf(search),
  onSearch: change,
  onShowSteps: ({ component, first, last }) =>
    change({ tab: 'steps', component, calls: `${first}-${last}` }),
  isActive: isActive(run.status),
  onTimingsNeeded: () => {
    // A failed request is repeated when the view needs the times again.
    live.feed.loadTimings().catch(() => undefined);
  },
});
