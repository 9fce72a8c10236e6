import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RUN_TABS, type RunTab } from './search.ts';

/** The names of the tabs. */
export const TAB_LABELS: Readonly<Record<RunTab, string>> = {
  graph: 'Graph',
  timeline: 'Timeline',
  steps: 'Steps',
  logs: 'Logs',
  metrics: 'Metrics',
  artifacts: 'Artifacts',
  parameters: 'Parameters',
  events: 'Events',
};

/** The tabs of a run, as links. A tab keeps the selected step. */
export function RunTabs(props: { readonly run: string; readonly tab: RunTab }): ReactNode {
  return (
    <nav
      aria-label="Views of the run"
      className="flex shrink-0 overflow-x-auto border-b border-line"
    >
      {RUN_TABS.map((tab, index) => (
        <Link
          key={tab}
          from="/runs/$run"
          to="/runs/$run"
          params={{ run: props.run }}
          search={(before) => ({ step: before.step, attempt: before.attempt, tab })}
          activeProps={{}}
          aria-current={tab === props.tab ? 'page' : undefined}
          className="flex h-8 items-center gap-1 border-b-2 border-transparent px-3 text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-semibold aria-[current=page]:text-ink"
        >
          {TAB_LABELS[tab]}
          <kbd className="text-xs font-normal text-muted">{index + 1}</kbd>
        </Link>
      ))}
    </nav>
  );
}
