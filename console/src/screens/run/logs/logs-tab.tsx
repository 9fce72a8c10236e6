import { useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { LogSource } from '../../../api/logs.ts';
import { ApiError } from '../../../api/problems.ts';
import { formatBytes } from '../../../format/bytes.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { commandLine } from '../../../forms/command.ts';
import { isTerminal } from '../../../live/statuses.ts';
import { Button } from '../../../ui/button.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { FilterField } from '../../../ui/filter-field.tsx';
import { useCommands } from '../../../ui/keyboard.ts';
import { Name } from '../../../ui/name.tsx';
import { LOG_LEVELS, type RunSearch } from '../search.ts';
import type { TabProps } from '../tab-props.ts';
import { downloadLog } from './download-log.ts';
import type { LogStart } from './log-reader.ts';
import { LogView } from './log-view.tsx';
import { useLog } from './use-log.ts';

/** The log of the selected step, or the merged log of the run. */
export function LogsTab({ run, live, search, change }: TabProps): ReactNode {
  const { columns } = live.feed;
  const { step } = search;
  const call = search.log === 'run' || step === undefined ? null : step;
  const source: LogSource =
    call === null ? { run: run.id, call } : { run: run.id, call, attempt: search.attempt };
  const name = call === null ? undefined : call < columns.known ? columns.nameOf(call) : `${call}`;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <LogPane
        key={JSON.stringify(source)}
        source={source}
        label={name === undefined ? 'Log of the run' : `Log of ${name}`}
        command={commandLine('runs', 'logs', run.id, ...(name === undefined ? [] : [name]))}
        search={search}
        change={change}
        attempts={call === null ? 0 : (columns.attempts[call] ?? 0)}
        isOver={call !== null && isTerminal(columns.status[call] ?? 0)}
        nameOf={(each) => (each === null ? 'logic' : columns.nameOf(each))}
        sources={
          step === undefined ? null : (
            <span className="inline-flex gap-1">
              <SourceButton isCurrent={call === null} onClick={() => change({ log: 'run' })}>
                Run
              </SourceButton>
              <SourceButton isCurrent={call !== null} onClick={() => change({ log: undefined })}>
                <Name text={step < columns.known ? columns.nameOf(step) : `step ${step}`} />
              </SourceButton>
            </span>
          )
        }
      />
    </div>
  );
}

function SourceButton(props: {
  readonly isCurrent: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <button
      type="button"
      aria-pressed={props.isCurrent}
      className="h-7 max-w-60 truncate rounded-sm border border-line px-2 aria-pressed:border-accent aria-pressed:bg-selected"
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

/** What a log reads of the address. */
type LogSearch = Pick<RunSearch, 'find' | 'severity' | 'follow' | 'attempt'>;

/** A log with its search, filters and links to lines. */
export function LogPane(props: {
  readonly source: LogSource;
  readonly label: string;
  readonly command: string;
  readonly search: LogSearch;
  readonly change: (patch: Partial<LogSearch>, options?: { readonly replace?: boolean }) => void;
  readonly attempts: number;
  readonly isOver: boolean;
  readonly nameOf: (call: number | null) => string;
  readonly sources?: ReactNode;
}): ReactNode {
  const { source, label, search, change, attempts } = props;
  const { hash } = useLocation();
  const navigate = useNavigate();
  const linked = hash.startsWith('L') ? hash.slice(1) : undefined;
  const [start, setStart] = useState<LogStart>(
    linked === undefined ? { at: 'end' } : { at: 'position', position: linked },
  );
  const { find, severity } = search;
  const isFiltered = find !== undefined || severity !== undefined;
  const follows = search.follow ?? (linked === undefined && !isFiltered && start.at === 'end');
  const { reader, window, isLoading, isRead, omittedCalls, error } = useLog({
    source,
    filter: { search: find, level: severity },
    start,
    follows,
  });
  const select = (position: string) => {
    void navigate({ to: '.', search: (before) => before, hash: `L${position}`, replace: true });
    // A match of a search is shown among the lines around it.
    if (!isFiltered) return;
    setStart({ at: 'position', position });
    change({ find: undefined, severity: undefined, follow: false });
  };
  const go = (at: 'start' | 'end') => {
    setStart({ at });
    change({ follow: at === 'end' ? undefined : false }, { replace: true });
  };
  useCommands([
    {
      group: 'Log',
      label: 'Follow the log',
      keys: ['t'],
      run: () => change({ follow: !follows }, { replace: true }),
    },
  ]);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        {props.sources}
        {attempts > 1 && (
          <select
            aria-label="Attempt"
            className="h-7 rounded-sm border border-field bg-surface px-1"
            value={search.attempt ?? attempts}
            onChange={(event) => change({ attempt: Number(event.target.value) })}
          >
            {Array.from({ length: attempts }, (_, index) => index + 1).map((attempt) => (
              <option key={attempt} value={attempt}>
                {`attempt ${attempt}`}
              </option>
            ))}
          </select>
        )}
        <FilterField
          label="Search the log"
          value={find}
          isExact
          onChange={(text) => change({ find: text }, { replace: true })}
        />
        <select
          aria-label="Least severe level"
          className="h-7 rounded-sm border border-field bg-surface px-1"
          value={severity ?? ''}
          onChange={(event) =>
            change({ severity: LOG_LEVELS.find((each) => each === event.target.value) })
          }
        >
          <option value="">all levels</option>
          {LOG_LEVELS.map((level) => (
            <option key={level} value={level}>
              {`${level} and above`}
            </option>
          ))}
        </select>
        <Button onClick={() => go('start')}>Start</Button>
        <Button onClick={() => go('end')}>End</Button>
        <Button
          aria-pressed={follows}
          title={window.isComplete ? 'The log is complete.' : 'T'}
          disabled={window.isComplete}
          onClick={() => change({ follow: !follows }, { replace: true })}
        >
          {window.isComplete ? 'Complete' : follows ? 'Following' : 'Follow'}
        </Button>
        <Button onClick={() => downloadLog(source, { search: find, level: severity })}>
          Download
        </Button>
        <CopyButton text={props.command} />
        <span className="text-muted" aria-live="polite">
          {statusText(window.lines.length, isLoading, isFiltered, window.hasMore)}
          {source.call !== null && window.size !== null ? ` · ${formatBytes(window.size)}` : ''}
        </span>
      </div>
      {error !== null && (
        <div className="p-2">
          <ErrorPanel error={error} />
        </div>
      )}
      {omittedCalls > 0 && (
        <p className="px-4 py-1 text-muted">
          {`Without the lines of the last ${formatCounted(omittedCalls, 'step')}: select a step to read its log.`}
        </p>
      )}
      {isRead && window.lines.length === 0 ? (
        <EmptyState
          title={
            isFiltered
              ? 'No line matches.'
              : window.isComplete || props.isOver
                ? 'This log has no lines.'
                : 'This log has no lines yet.'
          }
          {...(isFiltered ? {} : { command: props.command })}
        />
      ) : error instanceof ApiError && !isRead ? null : (
        <LogView
          window={window}
          label={label}
          follows={follows}
          selected={linked}
          sourceOf={source.call === null ? (line) => props.nameOf(line.call) : undefined}
          onSelect={select}
          onFollow={(next) => change({ follow: next }, { replace: true })}
          onStart={() => void reader?.previous()}
          onEnd={() => {
            if (window.hasMore) void reader?.next();
          }}
        />
      )}
    </>
  );
}

function statusText(
  lines: number,
  isLoading: boolean,
  isFiltered: boolean,
  hasMore: boolean,
): string {
  const count = formatCounted(
    lines,
    isFiltered ? 'match' : 'line',
    isFiltered ? 'matches' : 'lines',
  );
  return isLoading ? `${count}, reading…` : hasMore ? `${count} so far` : count;
}
