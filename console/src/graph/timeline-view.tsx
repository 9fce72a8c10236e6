import {
  type ReactNode,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { Button } from '../ui/button.tsx';
import { useNow } from '../ui/clock.ts';
import { useColorScheme } from '../ui/color-scheme.ts';
import { type Command, useCommands } from '../ui/keyboard.ts';
import { paletteOf } from './canvas/palette.ts';
import { Surface } from './canvas/surface.ts';
import { paintAxis, paintRows, ROW_HEIGHT, type TimelineFrame } from './canvas/timeline-painter.ts';
import { rowText, timelineSummary } from './canvas/timeline-texts.ts';
import { nextFailure } from './model/failures.ts';
import {
  formatRange,
  panRange,
  parseRange,
  type Range,
  zoomRange,
} from './model/timeline/range.ts';
import { indexOfCall, type TimelineSort } from './model/timeline/rows.ts';
import { TimelineBuilder } from './model/timeline/timeline.ts';
import { TimelineLabels } from './timeline-labels.tsx';
import { attachBrush, attachWheel } from './timeline-pointer.ts';
import type { TimelineViewProps } from './view-contract.ts';

const AXIS_HEIGHT = 60;
const SORTS: readonly (readonly [sort: TimelineSort, label: string])[] = [
  ['start', 'by start'],
  ['call', 'by call'],
  ['duration', 'by duration'],
];

/** When the steps of a run were queued and ran: one row a group, or a member of an expanded one. */
export function TimelineView(props: TimelineViewProps): ReactNode {
  const { columns, search, onSearch, isActive, onTimingsNeeded } = props;
  const { step, group, sort = 'start', gaps = true } = search;
  const scroller = useRef<HTMLDivElement>(null);
  const axis = useRef<HTMLCanvasElement>(null);
  const bars = useRef<HTMLCanvasElement>(null);
  const tooltip = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [scrollTop, setScrollTop] = useState(0);
  const [expanded, setExpanded] = useState<ReadonlySet<number>>(
    () => new Set(group === undefined ? [] : [group]),
  );
  const [showsCritical, setShowsCritical] = useState(true);
  const [message, setMessage] = useState('');
  const scheme = useColorScheme();
  const palette = useMemo(() => paletteOf(scheme), [scheme]);
  const builder = useMemo(() => new TimelineBuilder(columns), [columns]);
  const version = useSyncExternalStore(
    (listener) => columns.subscribe(listener),
    () => columns.version,
  );
  const now = useNow(1_000, isActive);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the columns change in place, as `version` reports.
  const timeline = useMemo(
    () => builder.build({ expanded, sort, collapsesGaps: gaps, now }),
    [builder, version, expanded, sort, gaps, now],
  );
  const range = timeline === undefined ? undefined : parseRange(search.range, timeline.scale);
  const rows = timeline?.rows ?? [];
  const first = Math.max(0, Math.min(rows.length - 1, Math.floor(scrollTop / ROW_HEIGHT)));
  const end = Math.min(rows.length, Math.ceil((scrollTop + size.height) / ROW_HEIGHT));

  const needsTimings = columns.timed < columns.known;
  const requestTimings = useEffectEvent(onTimingsNeeded);
  useEffect(() => {
    if (needsTimings) requestTimings();
  }, [needsTimings]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = () => {
      const width = bars.current?.parentElement?.clientWidth ?? 0;
      setSize({ width, height: element.clientHeight });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const changeRange = (next: Range) => {
    if (timeline === undefined) return;
    onSearch({ range: formatRange(next, timeline.scale) }, { replace: true });
  };
  const onRange = useEffectEvent(changeRange);
  const present = useEffectEvent(() => ({ scale: timeline?.scale, range }));
  useEffect(() => {
    if (axis.current === null || scroller.current === null) return;
    const pointer = {
      scale: () => present().scale,
      range: () => present().range,
      onRange: (next: Range) => onRange(next),
    };
    const stops = [attachBrush(axis.current, pointer), attachWheel(scroller.current, pointer)];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);

  const frame: TimelineFrame | undefined =
    timeline === undefined || range === undefined
      ? undefined
      : { timeline, columns, range, palette, selected: step, showsCritical };
  useEffect(() => {
    if (frame === undefined || axis.current === null || bars.current === null) return;
    const axisSurface = new Surface(axis.current);
    axisSurface.resize({ width: size.width, height: AXIS_HEIGHT });
    paintAxis(axisSurface, frame);
    const surface = new Surface(bars.current);
    surface.resize(size);
    paintRows(surface, frame, first, end, first * ROW_HEIGHT - scrollTop);
  });

  const scrollToRow = (row: number) => {
    const element = scroller.current;
    if (element === null || row < 0) return;
    const top = row * ROW_HEIGHT;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_HEIGHT > element.scrollTop + size.height) {
      element.scrollTop = top + ROW_HEIGHT - size.height;
    }
  };
  const revealStep = useEffectEvent(() => {
    if (step !== undefined) scrollToRow(indexOfCall(rows, step));
  });
  const rowCount = rows.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows appear later than the step is selected.
  useEffect(() => revealStep(), [step, rowCount > 0, expanded]);

  const toggle = (key: number) => {
    const next = new Set(expanded);
    if (!next.delete(key)) next.add(key);
    setExpanded(next);
    onSearch({ group: next.has(key) ? key : undefined }, { replace: true });
  };
  const showNext = (to: 1 | -1) => {
    const call = nextFailure(columns.status, columns.known, step, to);
    setMessage(call === undefined ? 'No step failed.' : `Failed: ${columns.nameOf(call)}`);
    if (call === undefined) return;
    const row = rows[indexOfCall(rows, call)];
    if (row?.kind === 'group') setExpanded(new Set([...expanded, row.box.first]));
    onSearch({ step: call });
  };
  const zoom = (factor: number) => {
    if (timeline !== undefined && range !== undefined) {
      changeRange(zoomRange(range, factor, 0.5, timeline.scale));
    }
  };
  const pan = (share: number) => {
    if (timeline !== undefined && range !== undefined) {
      changeRange(panRange(range, share, timeline.scale));
    }
  };
  const move = (by: 1 | -1) => {
    const focused = Number(document.activeElement?.getAttribute('data-row') ?? Number.NaN);
    const from = Number.isNaN(focused)
      ? step === undefined
        ? first - by
        : indexOfCall(rows, step)
      : focused;
    const row = Math.max(0, Math.min(rows.length - 1, from + by));
    scrollToRow(row);
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        scroller.current?.querySelector<HTMLElement>(`[data-row="${row}"]`)?.focus(),
      ),
    );
  };
  const expandFocused = () => {
    const focused = Number(document.activeElement?.getAttribute('data-row') ?? Number.NaN);
    const row = rows[Number.isNaN(focused) ? indexOfCall(rows, step ?? group ?? -1) : focused];
    if (row?.kind === 'group') toggle(row.box.first);
  };

  const command = (label: string, keys: readonly string[], run: () => void): Command => ({
    label,
    keys,
    run,
    group: 'Timeline',
  });
  useCommands([
    command('Show the next failure', ['f'], () => showNext(1)),
    command('Show the previous failure', ['Shift+f'], () => showNext(-1)),
    command('Expand or collapse the group', ['e'], expandFocused),
    command('Show the whole time', ['0'], () => onSearch({ range: undefined }, { replace: true })),
    command('Zoom in', ['+', '='], () => zoom(1.5)),
    command('Zoom out', ['-'], () => zoom(1 / 1.5)),
    { ...command('Go to an earlier time', ['ArrowLeft'], () => pan(-0.2)), inPalette: false },
    { ...command('Go to a later time', ['ArrowRight'], () => pan(0.2)), inPalette: false },
    { ...command('Go to the next row', ['ArrowDown', 'j'], () => move(1)), inPalette: false },
    { ...command('Go to the row before', ['ArrowUp', 'k'], () => move(-1)), inPalette: false },
  ]);

  const rowAt = (event: { readonly clientY: number }) => {
    const { top } = bars.current?.getBoundingClientRect() ?? { top: 0 };
    return rows[Math.floor((event.clientY - top + scrollTop) / ROW_HEIGHT)];
  };
  const select = (key: number) => {
    const row = rows[key];
    if (row?.kind === 'call') onSearch({ step: row.call });
    else if (row?.kind === 'group') toggle(row.box.first);
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="timeline">
      <div className="flex flex-wrap items-center gap-3 border-b border-line px-3 py-1.5">
        <label className="flex items-center gap-1.5 text-sm">
          Sort
          <select
            className="h-7 rounded-sm border border-field bg-surface px-1"
            value={sort}
            onChange={({ target }) =>
              onSearch({ sort: SORTS.find(([name]) => name === target.value)?.[0] })
            }
          >
            {SORTS.map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="flex items-center gap-1.5 text-sm">
          <input
            type="checkbox"
            checked={gaps}
            onChange={({ target }) => onSearch({ gaps: target.checked ? undefined : false })}
          />
          Collapse idle times
        </label>
        <label className="flex items-center gap-1.5 text-sm">
          <input
            type="checkbox"
            checked={showsCritical}
            onChange={({ target }) => setShowsCritical(target.checked)}
          />
          Critical path
        </label>
        <Button kind="quiet" onClick={() => onSearch({ range: undefined }, { replace: true })}>
          Whole time <kbd>0</kbd>
        </Button>
        <Button kind="quiet" onClick={() => showNext(1)}>
          Next failure <kbd>F</kbd>
        </Button>
        <span role="status" className="text-sm text-muted">
          {message}
        </span>
      </div>
      <div className="flex border-b border-line">
        <div className="w-60 shrink-0 border-r border-line" />
        <canvas
          ref={axis}
          className="block min-w-0 flex-1 cursor-crosshair touch-none"
          style={{ height: AXIS_HEIGHT }}
        />
      </div>
      <div
        ref={scroller}
        className="relative min-h-0 flex-1 overflow-x-hidden overflow-y-auto"
        onScroll={({ currentTarget }) => setScrollTop(currentTarget.scrollTop)}
      >
        <div className="pointer-events-none" style={{ height: rows.length * ROW_HEIGHT }} />
        <div className="absolute inset-x-0 flex" style={{ top: scrollTop, height: size.height }}>
          <TimelineLabels
            columns={columns}
            rows={rows}
            first={first}
            end={end}
            top={first * ROW_HEIGHT - scrollTop}
            selected={step}
            now={now}
            onSelect={select}
          />
          <div className="relative min-w-0 flex-1">
            <canvas
              ref={bars}
              role="img"
              aria-label={
                timeline === undefined ? 'No step has started.' : timelineSummary(columns, timeline)
              }
              className="absolute inset-0 size-full"
              onClick={(event) => {
                const row = rowAt(event);
                if (row !== undefined) select(rows.indexOf(row));
              }}
              onPointerMove={(event) => {
                const row = rowAt(event);
                const element = tooltip.current;
                if (element === null) return;
                element.hidden = row === undefined;
                if (row === undefined) return;
                element.textContent = rowText(columns, row, now);
                const { left, top } = event.currentTarget.getBoundingClientRect();
                const x = Math.min(event.clientX - left + 14, size.width - element.offsetWidth - 4);
                const y = event.clientY - top + 18;
                const room = size.height - element.offsetHeight - 4;
                element.style.transform = `translate(${Math.max(4, x)}px, ${Math.min(y, room)}px)`;
              }}
              onPointerLeave={() => {
                if (tooltip.current !== null) tooltip.current.hidden = true;
              }}
            />
            <div
              ref={tooltip}
              hidden
              aria-hidden="true"
              className="pointer-events-none absolute top-0 left-0 max-w-80 whitespace-pre-line rounded-sm border border-line bg-surface px-2 py-1 text-sm wrap-anywhere shadow-popover"
            />
          </div>
        </div>
        {timeline === undefined && (
          <p className="absolute inset-x-0 top-6 text-center text-muted">
            {needsTimings ? 'The times are loading.' : 'No step has started yet.'}
          </p>
        )}
      </div>
    </div>
  );
}
