import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useCallback } from 'react';
import type { StepDocument } from '../../../../src/wire/steps.ts';
import { visibleLines } from '../../format/visible-lines.ts';
import { commandLine } from '../../forms/command.ts';
import { isTerminal } from '../../live/statuses.ts';
import { type LiveRun, useLiveRun } from '../../live/use-live-run.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useCommands } from '../../ui/keyboard.ts';
import { Name } from '../../ui/name.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { TAB_CLASS, Tabs } from '../../ui/tabs.tsx';
import { RerunFromHere } from '../run/actions/rerun-from-here.tsx';
import { ConnectionBanner } from '../run/connection-banner.tsx';
import { LogPane } from '../run/logs/logs-tab.tsx';
import { memberBeside } from '../run/members.ts';
import { runName } from '../run/run-names.ts';
import { CacheSection } from '../run/step-panel/cache-section.tsx';
import { attemptOf, stampOf, useStep } from '../run/step-panel/step-document.ts';
import { StepFacts } from '../run/step-panel/step-facts.tsx';
import {
  ArgumentsSection,
  AttemptsSection,
  AttemptTimes,
  OutputsSection,
  RelationsSection,
  StepError,
} from '../run/step-panel/step-sections.tsx';
import { STEP_TABS, type StepSearch, type StepTab } from './search.ts';

const SeriesView = lazy(async () => ({
  default: (await import('../run/metrics/views.ts')).SeriesView,
}));
const NoMetrics = lazy(async () => ({
  default: (await import('../run/metrics/views.ts')).NoMetrics,
}));
const Artifacts = lazy(async () => ({
  default: (await import('../run/artifacts/views.ts')).Artifacts,
}));
const Code = lazy(async () => ({ default: (await import('../run/artifacts/views.ts')).Code }));

const LABELS: Readonly<Record<StepTab, string>> = {
  overview: 'Overview',
  log: 'Log',
  metrics: 'Metrics',
  artifacts: 'Artifacts',
  code: 'Code',
  cache: 'Cache',
  raw: 'Raw',
};

/** A step at full width, with the steps before and after it of the same component. */
export function Screen(): ReactNode {
  const { run: id, call: text } = useParams({ from: '/runs/$run/steps/$call' });
  const live = useLiveRun(id);
  const { run, error, feed } = live;
  const call = Number(text);
  if (!/^\d{1,15}$/u.test(text))
    return (
      <div className="p-4">
        <ErrorPanel error={new Error(`${text} is not the number of a call.`)} />
      </div>
    );
  if (run === null && error !== null)
    return (
      <div className="p-4">
        <ErrorPanel error={error} onRetry={() => feed.retry()} />
      </div>
    );
  return (
    <>
      <ConnectionBanner live={live} />
      {live.isLoaded ? (
        <StepPage id={id} call={call} live={live} />
      ) : (
        <p className="p-4 text-muted">Loading the step…</p>
      )}
    </>
  );
}

function StepPage(props: {
  readonly id: string;
  readonly call: number;
  readonly live: LiveRun;
}): ReactNode {
  const { id, call, live } = props;
  const { columns } = live.feed;
  const search = useSearch({ from: '/runs/$run/steps/$call' });
  const navigate = useNavigate({ from: '/runs/$run/steps/$call' });
  const { step, error } = useStep(id, columns, call);
  const name = step?.name ?? (call < columns.known ? columns.nameOf(call) : `step ${call}`);
  const tab = search.tab ?? 'overview';
  const change = useCallback(
    (patch: Partial<StepSearch>, options: { readonly replace?: boolean } = {}) =>
      void navigate({ search: (before) => ({ ...before, ...patch }), ...options }),
    [navigate],
  );
  const beside = (direction: 1 | -1) => memberBeside(columns, call, direction);
  const go = (direction: 1 | -1) => {
    const target = beside(direction);
    if (target !== undefined)
      void navigate({ params: { run: id, call: String(target) }, search: { tab: search.tab } });
  };
  useCommands([
    { group: 'Step', label: 'Next step of the component', keys: ['j'], run: () => go(1) },
    { group: 'Step', label: 'Previous step of the component', keys: ['k'], run: () => go(-1) },
    { group: 'Step', label: 'Show the log', keys: ['l'], run: () => change({ tab: 'log' }) },
    {
      group: 'Step',
      label: 'Show the step in its run',
      keys: ['Escape'],
      run: () => void navigate({ to: '/runs/$run', params: { run: id }, search: { step: call } }),
    },
  ]);
  return (
    <>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-surface px-4 py-2">
        <title>{`${name} · Headrace`}</title>
        <h1 className="flex min-w-0 items-baseline gap-1.5 text-lg font-semibold">
          <Link
            to="/runs/$run"
            params={{ run: id }}
            search={{ step: call }}
            className="max-w-80 truncate font-normal text-muted hover:text-ink"
          >
            <Name text={live.run === null ? id : runName(live.run)} />
          </Link>
          <span aria-hidden="true" className="text-muted">
            /
          </span>
          <span className="max-w-[50ch] min-w-0">
            <Name text={name} />
          </span>
        </h1>
        {step !== undefined && <StatusBadge status={step.status} />}
        <span className="flex-1" />
        {([-1, 1] as const).map((direction) => {
          const target = beside(direction);
          return target === undefined ? null : (
            <Link
              key={direction}
              to="/runs/$run/steps/$call"
              params={{ run: id, call: String(target) }}
              search={{ tab: search.tab }}
              title={direction === 1 ? 'J' : 'K'}
              className="max-w-60 truncate rounded-sm border border-line px-2 py-0.5 hover:bg-raised"
            >
              {direction === -1 && '‹ '}
              <Name text={columns.nameOf(target)} />
              {direction === 1 && ' ›'}
            </Link>
          );
        })}
        {live.run !== null && <RerunFromHere run={live.run} feed={live.feed} from={name} />}
        <CopyButton label="Link" text={location.href} />
        <CopyButton text={commandLine('runs', 'show', id, name)} />
      </header>
      <Tabs label="Views of the step">
        {STEP_TABS.map((each) => (
          <Link
            key={each}
            to="/runs/$run/steps/$call"
            params={{ run: id, call: String(call) }}
            search={{ attempt: search.attempt, tab: each }}
            activeProps={{}}
            aria-current={each === tab ? 'page' : undefined}
            className={TAB_CLASS}
          >
            {LABELS[each]}
          </Link>
        ))}
      </Tabs>
      {error !== null && step === undefined && (
        <div className="p-4">
          <ErrorPanel error={error} />
        </div>
      )}
      {step !== undefined && (
        <Suspense fallback={<p className="p-4 text-muted">Loading…</p>}>
          <Content id={id} step={step} live={live} search={search} change={change} tab={tab} />
        </Suspense>
      )}
    </>
  );
}

function Content(props: {
  readonly id: string;
  readonly step: StepDocument;
  readonly live: LiveRun;
  readonly search: StepSearch;
  readonly change: (patch: Partial<StepSearch>, options?: { readonly replace?: boolean }) => void;
  readonly tab: StepTab;
}): ReactNode {
  const { id, step, live, search, change, tab } = props;
  const { feed } = live;
  const attempt = attemptOf(step, search.attempt);
  if (tab === 'log')
    return (
      <LogPane
        key={`${step.call} ${attempt?.number ?? 0}`}
        source={{ run: id, call: step.call, attempt: search.attempt }}
        label={`Log of ${step.name}`}
        command={commandLine('runs', 'logs', id, step.name)}
        search={search}
        change={change}
        attempts={step.attempts.length}
        isOver={isTerminal(feed.columns.status[step.call] ?? 0)}
        nameOf={() => step.name}
      />
    );
  if (tab === 'metrics')
    return (
      <SeriesView
        key={step.call}
        owner={{ run: id, call: step.call }}
        isActive={attempt !== undefined && attempt.endedAt === null}
        search={search}
        change={change}
        empty={<NoMetrics text="The step has reported no metrics." run={id} />}
      />
    );
  if (tab === 'artifacts')
    return (
      <Artifacts
        run={id}
        call={step.call}
        stepName={step.name}
        selected={search.name}
        onSelect={(text) => change({ name: text })}
      />
    );
  return (
    <section
      aria-label={LABELS[tab]}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
      tabIndex={0}
      className="min-h-0 flex-1 overflow-auto pb-4"
    >
      <h2 className="sr-only">{LABELS[tab]}</h2>
      {tab === 'overview' && (
        <div className="grid lg:grid-cols-2">
          <div className="min-w-0">
            {attempt !== undefined && (
              <div className="px-3 py-2">
                <AttemptTimes attempt={attempt} step={step} />
              </div>
            )}
            <StepError step={step} attempt={attempt} />
            <AttemptsSection
              step={step}
              selected={attempt?.number}
              onSelect={(number) => change({ attempt: number })}
            />
            <ArgumentsSection run={id} step={step} feed={feed} />
          </div>
          <div className="min-w-0">
            <OutputsSection run={id} step={step} />
            <StepFacts step={step} />
            <RelationsSection run={id} step={step} feed={feed} />
          </div>
        </div>
      )}
      {tab === 'code' && <Code run={id} call={step.call} />}
      {tab === 'cache' && (
        <CacheSection run={id} call={step.call} stamp={stampOf(feed.columns, step.call)} />
      )}
      {tab === 'raw' && (
        <pre className="p-4 font-mono text-sm whitespace-pre-wrap wrap-anywhere">
          {visibleLines(JSON.stringify(step, null, 2))}
        </pre>
      )}
    </section>
  );
}
