import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { metricNamesQuery } from '../../../api/series.ts';
import { visibleText } from '../../../format/visible-text.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { isActive } from '../run-names.ts';
import type { TabProps } from '../tab-props.ts';
import { MembersCard } from './members-card.tsx';
import { MetricsToolbar, SELECT } from './metrics-toolbar.tsx';
import { NoMetrics } from './no-metrics.tsx';
import SeriesView, { isShown, metricKey } from './series-view.tsx';

/** The metrics of the selected step, of a component's calls, or of the run. */
export default function MetricsTab(props: TabProps): ReactNode {
  const { run, search, change } = props;
  const { component, step } = search;
  if (component !== undefined) return <MembersView {...props} component={component} />;
  return (
    <SeriesView
      owner={{ run: run.id, call: step ?? null }}
      isActive={isActive(run.status)}
      search={search}
      change={change}
      empty={
        step === undefined ? (
          <NoMetrics text="The run itself has no metrics." run={run.id}>
            <ComponentButtons {...props} />
          </NoMetrics>
        ) : (
          <NoMetrics text="The step has reported no metrics." run={run.id} />
        )
      }
    >
      <OwnerSelect {...props} />
    </SeriesView>
  );
}

/** The metrics of all calls of a component. */
function MembersView(props: TabProps & { readonly component: string }): ReactNode {
  const { run, live, search, change, component } = props;
  const { data, error } = useQuery(metricNamesQuery(run.id, component, isActive(run.status)));
  const shown = data?.items.filter((metric) => isShown(search, metric)) ?? [];
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <MetricsToolbar search={search} change={change} count={shown.length}>
        <OwnerSelect {...props} />
      </MetricsToolbar>
      <div className="min-h-0 flex-1 overflow-auto p-3">
        {error !== null && <ErrorPanel error={error} />}
        <div className="grid gap-3 xl:grid-cols-2">
          {shown.map((metric) => (
            <MembersCard
              key={metricKey(metric.title, metric.series)}
              run={run.id}
              component={component}
              metric={metric}
              columns={live.feed.columns}
              isLogarithmic={search.scale === 'log'}
              isActive={isActive(run.status)}
              onSelect={(selected) => change({ step: selected })}
            />
          ))}
          {data?.items.length === 0 && (
            <NoMetrics text={`No call of ${component} has reported a metric.`} run={run.id} />
          )}
        </div>
      </div>
    </div>
  );
}

/** Leads to the metrics of steps, where most metrics are. */
function ComponentButtons({ live, change }: TabProps): ReactNode {
  return (
    <div className="mb-3 flex flex-wrap justify-center gap-1">
      {live.feed.columns.components.map((name) => (
        <Button key={name} onClick={() => change({ component: name })}>
          {`All calls of ${visibleText(name)}`}
        </Button>
      ))}
    </div>
  );
}

function OwnerSelect({ live, search, change }: TabProps): ReactNode {
  const { columns } = live.feed;
  const { component, step } = search;
  return (
    <select
      aria-label="Metrics of"
      className={`${SELECT} max-w-60`}
      value={component ?? ''}
      onChange={(event) => change({ component: event.target.value || undefined })}
    >
      <option value="">
        {component !== undefined || step === undefined
          ? 'the run'
          : step < columns.known
            ? visibleText(columns.nameOf(step))
            : `step ${step}`}
      </option>
      {columns.components.map((name) => (
        <option key={name} value={name}>
          {`all calls of ${visibleText(name)}`}
        </option>
      ))}
    </select>
  );
}
