import { Link } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import { Button } from '../../../ui/button.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { useCommands } from '../../../ui/keyboard.ts';
import { Name } from '../../../ui/name.tsx';
import { StatusBadge } from '../../../ui/status-badge.tsx';
import { RerunFromHere } from '../actions/rerun-from-here.tsx';
import type { TabProps } from '../tab-props.ts';
import { CacheSection } from './cache-section.tsx';
import { LastLines } from './last-lines.tsx';
import { attemptOf, stampOf, useStep } from './step-document.ts';
import { StepFacts } from './step-facts.tsx';
import {
  ArgumentsSection,
  AttemptsSection,
  AttemptTimes,
  OutputsSection,
  RelationsSection,
  StepError,
} from './step-sections.tsx';
import { usePanelWidth } from './use-panel-width.ts';

const MetricsSection = lazy(async () => ({
  default: (await import('../metrics/views.ts')).MetricsSection,
}));

/** The panel of the selected step, at the right of a tab. */
export function StepPanel(props: TabProps & { readonly call: number }): ReactNode {
  const { run, live, call, search, change } = props;
  const { feed } = live;
  const { columns } = feed;
  const { width, handle } = usePanelWidth();
  const { step, error } = useStep(run.id, columns, call);
  const attempt = step === undefined ? undefined : attemptOf(step, search.attempt);
  const name = step?.name ?? (call < columns.known ? columns.nameOf(call) : `step ${call}`);
  const nextAttempt = () => {
    const count = step?.attempts.length ?? 0;
    if (count > 0) change({ attempt: ((attempt?.number ?? 0) % count) + 1 });
  };
  useCommands([{ group: 'Run', label: 'Show the next attempt', keys: ['a'], run: nextAttempt }]);
  return (
    <aside
      aria-label={`Step ${name}`}
      className="absolute inset-y-0 right-0 z-10 flex flex-col border-l border-line bg-surface max-lg:left-0 max-lg:w-full! lg:relative lg:z-0 lg:shrink-0"
      style={{ width }}
    >
      <div {...handle} />
      <div className="flex items-start gap-2 px-3 py-2">
        <h2 className="min-w-0 flex-1 font-semibold">
          <Link
            to="/runs/$run/steps/$call"
            params={{ run: run.id, call: String(call) }}
            className="hover:underline"
          >
            <Name text={name} wrap />
          </Link>
        </h2>
        {step !== undefined && <StatusBadge status={step.status} />}
        <button
          type="button"
          aria-label="Close the panel"
          title="Esc"
          className="px-1 text-muted hover:text-ink"
          onClick={() => change({ step: undefined, attempt: undefined })}
        >
          ✕
        </button>
      </div>
      <div className="min-h-0 flex-1 overflow-auto pb-4">
        {error !== null && step === undefined && (
          <div className="p-3">
            <ErrorPanel error={error} />
          </div>
        )}
        {step !== undefined && (
          <>
            <div className="flex flex-wrap items-center gap-1 px-3 pb-2">
              <Button onClick={() => change({ tab: 'logs', log: undefined })} title="L">
                Log
              </Button>
              <RerunFromHere run={run} feed={feed} from={name} />
              <Link
                to="/runs/$run/steps/$call"
                params={{ run: run.id, call: String(call) }}
                search={{ tab: 'code' }}
                className="px-2 text-accent underline"
              >
                Code
              </Link>
            </div>
            <div className="flex flex-col gap-1 px-3 pb-2">
              {attempt !== undefined && <AttemptTimes attempt={attempt} step={step} />}
              {step.waitingReason !== null && (
                <p className="break-words text-queued">
                  <Name text={step.waitingReason} wrap />
                </p>
              )}
              {step.waitingFor !== 'none' && (
                <p className="text-muted">{`Waits for ${step.waitingFor}`}</p>
              )}
            </div>
            <StepError step={step} attempt={attempt} />
            <AttemptsSection
              step={step}
              selected={attempt?.number}
              onSelect={(number) => change({ attempt: number })}
            />
            <ArgumentsSection run={run.id} step={step} feed={feed} />
            <OutputsSection run={run.id} step={step} />
            <CacheSection run={run.id} call={call} stamp={stampOf(columns, call)} />
            {search.tab !== 'metrics' && (
              <Suspense>
                <MetricsSection run={run.id} call={call} isActive={attempt?.endedAt === null} />
              </Suspense>
            )}
            <LastLines
              run={run.id}
              call={call}
              attempt={attempt?.number ?? 0}
              isRunning={attempt?.endedAt === null}
            />
            <StepFacts step={step} />
            <RelationsSection run={run.id} step={step} feed={feed} />
          </>
        )}
      </div>
    </aside>
  );
}
