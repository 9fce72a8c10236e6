import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { RunEventDocument } from '../../../../../src/wire/events.ts';
import { eventsQuery } from '../../../api/events.ts';
import { formatClock } from '../../../format/clock-times.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { visibleText } from '../../../format/visible-text.ts';
import { commandLine } from '../../../forms/command.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Lines } from '../../../ui/lines.tsx';
import { Name } from '../../../ui/name.tsx';
import { useSettings } from '../../../ui/settings.ts';
import { useRowWindow } from '../../../ui/use-row-window.ts';
import { StepLink } from '../step-panel/step-sections.tsx';
import type { TabProps } from '../tab-props.ts';
import { EVENT_KINDS, eventText } from './event-text.ts';

const ROW_HEIGHT = 28;

/** What the logic of a run has observed, in order. */
export default function EventsTab({ run, live, search, change }: TabProps): ReactNode {
  const { columns } = live.feed;
  const { timeZone } = useSettings();
  const kinds = EVENT_KINDS.filter((kind) => search.kind?.includes(kind));
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    eventsQuery(run.id, { from: search.from, kinds, stamp: String(run.revision) }),
  );
  const [raw, setRaw] = useState<RunEventDocument | null>(null);
  const events = data?.pages.flatMap(({ items }) => items) ?? [];
  const view = useRowWindow({ count: events.length, rowHeight: ROW_HEIGHT, overscan: 20 });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">Kinds of events</legend>
          {EVENT_KINDS.map((kind) => (
            <label
              key={kind}
              className="relative cursor-pointer rounded-sm border border-line px-1.5 has-checked:border-accent has-checked:bg-selected has-focus-visible:outline-2"
            >
              <input
                type="checkbox"
                className="absolute inset-0 cursor-pointer opacity-0"
                checked={kinds.includes(kind)}
                onChange={(event) => {
                  const next = event.target.checked
                    ? [...kinds, kind]
                    : kinds.filter((each) => each !== kind);
                  change({ kind: next.length === 0 ? undefined : next });
                }}
              />
              {kind}
            </label>
          ))}
        </fieldset>
        <Button
          aria-pressed={search.from !== undefined}
          onClick={() => change({ from: search.from === undefined ? 0 : undefined })}
        >
          {search.from === undefined ? 'From the first' : 'From the last'}
        </Button>
        {data !== undefined && (
          <span className="text-muted">{formatCounted(data.pages[0]?.count ?? 0, 'event')}</span>
        )}
      </div>
      {error !== null && (
        <div className="p-4">
          <ErrorPanel error={error} />
        </div>
      )}
      {data !== undefined && events.length === 0 && !hasNextPage ? (
        <EmptyState
          title={kinds.length > 0 ? 'No event of these kinds.' : 'The run has no events yet.'}
          {...(kinds.length === 0 && { command: commandLine('runs', 'watch', run.id) })}
        />
      ) : (
        <div ref={view.ref} className="min-h-0 flex-1 overflow-auto">
          <ul className="relative" style={{ height: view.height }}>
            {view.rows.map(({ index, start }) => {
              const event = events[index];
              if (event === undefined) return null;
              return (
                <li
                  key={event.number}
                  className="absolute inset-x-0 flex h-7 items-center gap-3 border-b border-line px-4"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <button
                    type="button"
                    className="w-14 shrink-0 text-right text-muted underline"
                    title="Show the document"
                    onClick={() => setRaw(event)}
                  >
                    {event.number}
                  </button>
                  <span className="w-26 shrink-0 text-muted" title={event.at}>
                    {formatClock(Date.parse(event.at), timeZone)}
                  </span>
                  <span className="w-24 shrink-0">{event.kind}</span>
                  {'call' in event && (
                    <span className="w-48 shrink-0 truncate">
                      <StepLink run={run.id} call={event.call}>
                        <Name
                          text={
                            'step' in event
                              ? event.step
                              : event.call < columns.known
                                ? columns.nameOf(event.call)
                                : `call ${event.call}`
                          }
                        />
                      </StepLink>
                    </span>
                  )}
                  <span className="min-w-0 truncate font-mono text-sm text-muted">
                    {visibleText(eventText(event))}
                  </span>
                </li>
              );
            })}
          </ul>
          {hasNextPage && (
            <div className="flex justify-center p-3">
              <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                More events
              </Button>
            </div>
          )}
        </div>
      )}
      {raw !== null && (
        <Dialog title={`Event ${raw.number}`} onClose={() => setRaw(null)} className="w-[60rem]">
          <pre className="max-h-[70dvh] overflow-auto bg-raised p-2 font-mono text-sm">
            <Lines text={JSON.stringify(raw, null, 2)} />
          </pre>
        </Dialog>
      )}
    </div>
  );
}
