import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect } from 'react';
import { type LiveRun, useLiveRun } from '../../live/use-live-run.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { type Command, useCommands } from '../../ui/keyboard.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { failureBeside, memberBeside } from './members.ts';
import { RunHeader } from './run-header.tsx';
import { RUN_TABS, type RunSearch } from './search.ts';
import { StepPanel } from './step-panel/step-panel.tsx';
import { preloadTab, TabContent } from './tab-content.tsx';
import { RunTabs, TAB_LABELS } from './tabs.tsx';

/** A run: its header, one of its tabs, and the panel of the selected step. */
export function Screen(): ReactNode {
  const { run: id } = useParams({ from: '/runs/$run' });
  const search = useSearch({ from: '/runs/$run' });
  const navigate = useNavigate({ from: '/runs/$run' });
  const live = useLiveRun(id);
  const { feed, run, error } = live;
  const change = useCallback(
    (patch: Partial<RunSearch>, options: { readonly replace?: boolean } = {}) =>
      void navigate({ search: (before) => ({ ...before, ...patch }), ...options }),
    [navigate],
  );
  useCommands(commandsOf(live, search, change));
  const tab = search.tab ?? 'graph';
  useEffect(() => preloadTab(tab), [tab]);
  if (run === null) {
    if (error !== null)
      return (
        <div className="p-4">
          <ErrorPanel error={error} onRetry={() => feed.retry()} />
        </div>
      );
    return (
      <>
        <ConnectionBanner live={live} />
        <p className="p-4 text-muted" aria-live="polite">
          Loading the run…
        </p>
      </>
    );
  }
  const { step } = search;
  const stepName =
    step !== undefined && step < feed.columns.known ? feed.columns.nameOf(step) : undefined;
  return (
    <>
      <ConnectionBanner live={live} />
      <RunHeader run={run} live={live} stepName={stepName} />
      <RunTabs run={id} tab={tab} />
      <div className="relative flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <TabContent run={run} live={live} tab={tab} search={search} change={change} />
        </div>
        {step !== undefined && tab !== 'logs' && (
          <StepPanel run={run} live={live} call={step} search={search} change={change} />
        )}
      </div>
    </>
  );
}

function commandsOf(
  { feed }: LiveRun,
  search: RunSearch,
  change: (patch: Partial<RunSearch>) => void,
): readonly Command[] {
  const { columns } = feed;
  const { step } = search;
  const group = 'Run';
  const select = (call: number | undefined) => {
    if (call !== undefined) change({ step: call, attempt: undefined });
  };
  const beside = (direction: 1 | -1) => () =>
    select(
      step !== undefined
        ? memberBeside(columns, step, direction)
        : columns.known > 0
          ? 0
          : undefined,
    );
  const failure = (direction: 1 | -1) => () => select(failureBeside(columns, step, direction));
  return [
    ...RUN_TABS.map((tab, index) => ({
      group,
      label: `Show ${TAB_LABELS[tab]}`,
      keys: [String(index + 1)],
      run: () => change({ tab }),
    })),
    { group, label: 'Show the next failure', keys: ['f'], run: failure(1) },
    { group, label: 'Show the previous failure', keys: ['Shift+F'], run: failure(-1) },
    {
      group,
      label: 'Show the next call of the component',
      keys: ['j'],
      run: beside(1),
      inPalette: false,
    },
    {
      group,
      label: 'Show the previous call of the component',
      keys: ['k'],
      run: beside(-1),
      inPalette: false,
    },
    {
      group,
      label: 'Show the log of the step',
      keys: ['l'],
      run: () => {
        if (step !== undefined) change({ tab: 'logs', log: undefined });
      },
    },
    {
      group,
      label: 'Close the panel',
      keys: ['Escape'],
      run: () => change({ step: undefined, attempt: undefined }),
      inPalette: false,
    },
  ];
}
