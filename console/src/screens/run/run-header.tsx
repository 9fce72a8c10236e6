import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RunDocument } from '../../../../src/wire/runs.ts';
import { runQuery } from '../../api/run.ts';
import { childRunsQuery } from '../../api/steps.ts';
import { formatDuration } from '../../format/durations.ts';
import { visibleText } from '../../format/visible-text.ts';
import type { LiveRun } from '../../live/use-live-run.ts';
import { useNow } from '../../ui/clock.ts';
import { ErrorRecordView } from '../../ui/error-record.tsx';
import { ProgressStrip } from '../../ui/progress-strip.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { RunActions } from './actions/run-actions.tsx';
import { argsDigest } from './args-digest.ts';
import { statusCounts } from './run-counts.ts';
import { RunCost, RunExtras, RunNote } from './run-facts.tsx';
import { isActive, runName, shortId } from './run-names.ts';
import { StatusCounts } from './status-counts.tsx';
import { RunTags } from './tags.tsx';

/** The name, status, origin, progress and actions of a run. */
export function RunHeader(props: {
  readonly run: RunDocument;
  readonly live: LiveRun;
  readonly stepName: string | undefined;
}): ReactNode {
  const { run, live, stepName } = props;
  const { feed } = live;
  const counts = statusCounts(feed.columns);
  return (
    <header className="flex shrink-0 flex-col gap-1.5 border-b border-line bg-surface px-4 py-2">
      <title>{`${runName(run)} · Headrace`}</title>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h1 className="flex min-w-0 items-baseline gap-1.5 text-lg font-semibold">
          <Link to="/runs" className="font-normal text-muted hover:text-ink">
            Runs
          </Link>
          <span aria-hidden="true" className="text-muted">
            /
          </span>
          <span className="max-w-[40ch] truncate" title={runName(run)}>
            {visibleText(runName(run))}
          </span>
        </h1>
        <StatusBadge status={run.status} />
        {run.archived && <span className="text-muted">archived</span>}
        <span className="text-muted">{`v${run.version}`}</span>
        <span className="font-mono text-sm text-muted" title="Digest of the arguments">
          {argsDigest(run.args)}
        </span>
        <RunTags run={run} feed={feed} />
        <Origin run={run} />
        <span className="flex-1" />
        <RunExtras run={run} feed={feed} />
        <RunActions run={run} feed={feed} stepName={stepName} />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className="min-w-40 flex-1">
          <ProgressStrip counts={counts} className="h-2" />
        </span>
        <span className="flex flex-wrap gap-x-3">
          <StatusCounts counts={counts} />
        </span>
        <RunDuration run={run} />
        <RunCost run={run} />
      </div>
      <RunNote run={run} />
      <Causes run={run} />
    </header>
  );
}

function RunDuration({ run }: { readonly run: RunDocument }): ReactNode {
  const active = isActive(run.status);
  const now = useNow(1_000, active);
  const from = run.startedAt ?? (active ? run.createdAt : null);
  if (from === null) return null;
  const ended = run.endedAt === null ? now : Date.parse(run.endedAt);
  const text = formatDuration(ended - Date.parse(from));
  return (
    <span className="text-muted" title={`${from} – ${run.endedAt ?? 'now'}`}>
      {run.startedAt === null ? `waits ${text}` : text}
    </span>
  );
}

function Origin({ run }: { readonly run: RunDocument }): ReactNode {
  const children = useQuery(childRunsQuery(run.id));
  return (
    <span className="flex min-w-0 flex-wrap gap-x-2 text-muted wrap-anywhere">
      {run.rerunOf !== null && <RerunOf run={run.rerunOf} />}
      {run.parent !== null && (
        <span>
          {'started by '}
          <Link to="/runs/$run" params={{ run: run.parent.run }} className="text-accent underline">
            {`${visibleText(run.parent.pipeline)} #${run.parent.number} / ${visibleText(run.parent.step)}`}
          </Link>
        </span>
      )}
      {children.data !== undefined && children.data.items.length > 0 && (
        <details className="relative">
          <summary className="cursor-pointer">
            {`${children.data.items.length}${children.data.next === null ? '' : '+'} child runs`}
          </summary>
          <ul className="absolute z-10 mt-1 max-h-80 max-w-[80vw] overflow-auto rounded-md border border-line bg-surface p-2 shadow-popover">
            {children.data.items.map((child) => (
              <li key={child.id} className="flex gap-2 whitespace-nowrap py-0.5">
                <StatusBadge status={child.status} />
                <Link to="/runs/$run" params={{ run: child.id }} className="text-accent underline">
                  {visibleText(runName(child))}
                </Link>
              </li>
            ))}
          </ul>
        </details>
      )}
      {run.createdBy !== null && <span>{`by ${visibleText(run.createdBy)}`}</span>}
    </span>
  );
}

function RerunOf({ run }: { readonly run: string }): ReactNode {
  const { data } = useQuery({ ...runQuery(run), retry: false });
  return (
    <span>
      {'rerun of '}
      <Link to="/runs/$run" params={{ run }} className="text-accent underline">
        {data === undefined ? shortId(run) : `#${data.number}`}
      </Link>
    </span>
  );
}

/** Why a run has failed or was aborted, and errors of its callbacks. */
function Causes({ run }: { readonly run: RunDocument }): ReactNode {
  const { error, abortReason, callbackErrors } = run;
  if (error === null && abortReason === null && callbackErrors.length === 0) return null;
  return (
    <div className="flex flex-col gap-1">
      {abortReason !== null && (
        <p className="break-words text-aborted">{`Abort requested: ${visibleText(abortReason)}`}</p>
      )}
      {error !== null && (
        <details>
          <summary className="cursor-pointer truncate text-failed">
            {visibleText(`${error.name}: ${error.message.split('\n', 1)[0] ?? ''}`)}
          </summary>
          <div className="max-h-80 overflow-auto">
            <ErrorRecordView error={error} />
          </div>
        </details>
      )}
      {callbackErrors.length > 0 && (
        <details>
          <summary className="cursor-pointer text-failed">
            {`Errors of callbacks: ${callbackErrors.length}`}
          </summary>
          <ul className="list-disc pl-5">
            {callbackErrors.map((text, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: texts may be equal
              <li key={index} className="whitespace-pre-wrap break-words">
                {visibleText(text)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
