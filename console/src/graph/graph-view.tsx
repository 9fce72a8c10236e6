import { type ReactNode, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { formatCounted } from '../format/numbers.ts';
import { Button } from '../ui/button.tsx';
import { useColorScheme } from '../ui/color-scheme.ts';
import { type Command, useCommands } from '../ui/keyboard.ts';
import { GraphController } from './canvas/controller.ts';
import { paletteOf } from './canvas/palette.ts';
import { FindField } from './find-field.tsx';
import { Legend } from './legend.tsx';
import type { Level } from './model/box-graph.ts';
import { CELL_ORDERS } from './model/cell-order.ts';
import { findCalls, nextOf } from './model/find.ts';
import type { Direction } from './model/layout/layout.ts';
import { summaryOf } from './model/summary.ts';
import { ARROWS } from './model/walk.ts';
import type { GraphViewProps } from './view-contract.ts';

interface Shown {
  readonly level: Level;
  readonly direction: Direction;
  readonly levels: Readonly<Record<Level, number>>;
  readonly isExpanded: boolean;
  readonly summary: string;
}

const LEVELS: readonly (readonly [level: Level, noun: string])[] = [
  ['components', 'component'],
  ['groups', 'group'],
  ['calls', 'step'],
];

/** Of longer runs, times are requested when the pointer is on the graph or cells need them. */
const MAX_EAGER_TIMES = 2_000;

/** The graph of a run: groups of its steps, on a canvas. */
export function GraphView(props: GraphViewProps): ReactNode {
  const { columns, search, onSearch, onShowSteps, onTimingsNeeded } = props;
  const root = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const buttons = useRef<HTMLDivElement>(null);
  const tooltip = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [controller, setController] = useState<GraphController>();
  const [shown, setShown] = useState<Shown>();
  const [message, setMessage] = useState('');
  const scheme = useColorScheme();
  const palette = useMemo(() => paletteOf(scheme), [scheme]);
  const { level, group, dir, cells, step, find = '' } = search;

  const onSelectCall = useEffectEvent((call: number) => onSearch({ step: call }));
  const onSelectGroup = useEffectEvent((first: number) =>
    onSearch({ group: first === group ? undefined : first }),
  );
  const onExpand = useEffectEvent((first: number | undefined) =>
    onSearch(
      first === undefined
        ? { level: undefined }
        : { level: 'calls', group: first, step: undefined },
    ),
  );
  const onRange = useEffectEvent(onShowSteps);
  const onPicture = useEffectEvent((from: GraphController) => {
    const { picture } = from.scene;
    if (picture === undefined) return;
    setShown({
      level: picture.graph.level,
      direction: picture.layout.direction,
      levels: from.scene.levels(),
      isExpanded: picture.expanded >= 0,
      summary: summaryOf(columns, picture.graph),
    });
  });
  const startPalette = useEffectEvent(() => palette);

  useEffect(() => {
    const elements = {
      root: root.current,
      base: base.current,
      overlay: overlay.current,
      minimap: minimap.current,
      buttons: buttons.current,
      tooltip: tooltip.current,
    };
    if (!isComplete(elements)) return;
    const created = new GraphController(elements, columns, startPalette(), {
      onSelectCall: (call) => onSelectCall(call),
      onSelectGroup: (first) => onSelectGroup(first),
      onExpand: (first) => onExpand(first),
      onShowSteps: (filter) => onRange(filter),
      onPicture: () => onPicture(created),
    });
    setController(created);
    return () => created.destroy();
  }, [columns]);

  useEffect(() => controller?.setPalette(palette), [controller, palette]);
  useEffect(
    () => controller?.configure({ level, expanded: group, direction: dir, cells }),
    [controller, level, group, dir, cells],
  );
  useEffect(() => controller?.select(step, group), [controller, step, group]);

  /** Times of calls that are made later are in the documents of changes. */
  const needTimes = () => {
    if (columns.known > 0 && columns.timed === 0) onTimingsNeeded();
  };
  const needTimesAtOnce = useEffectEvent(() => {
    if (cells === 'duration' || columns.known <= MAX_EAGER_TIMES) needTimes();
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: there are steps when there is a picture
  useEffect(() => needTimesAtOnce(), [cells, shown]);

  const showNext = (to: 1 | -1) => {
    const call = controller?.nextFailure(to);
    setMessage(call === undefined ? 'No step failed.' : `Failed: ${columns.nameOf(call)}`);
  };
  const findNext = (to: 1 | -1) => {
    const call = nextOf(findCalls(columns, find), step, to);
    if (call !== undefined) onSearch({ step: call }, { replace: true });
  };
  useEffect(() => {
    const mark = () => controller?.setFound(findCalls(columns, find));
    mark();
    return find === '' ? undefined : columns.subscribe(mark);
  }, [controller, columns, find]);

  const command = (label: string, keys: readonly string[], run: () => void): Command => ({
    label,
    keys,
    run,
    group: 'Graph',
  });
  useCommands([
    command('Show the next failure', ['f'], () => showNext(1)),
    command('Show the previous failure', ['Shift+f'], () => showNext(-1)),
    command('Expand or collapse the group', ['e'], () => controller?.toggleExpanded()),
    command('Show the whole graph', ['0'], () => controller?.fit()),
    command('Zoom in', ['+', '='], () => controller?.zoomBy(1.25)),
    command('Zoom out', ['-'], () => controller?.zoomBy(0.8)),
    command('Find a step', ['/'], () => field.current?.focus()),
    ...ARROWS.map((key) => ({
      ...command('Go along an edge', [key], () => controller?.walk(key)),
      inPalette: false,
    })),
  ]);

  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="graph">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <fieldset className="flex rounded-sm border border-line p-0.5" aria-label="Level">
          {LEVELS.map(([name, noun]) => (
            <button
              key={name}
              type="button"
              aria-pressed={shown?.level === name && !shown.isExpanded}
              className="rounded-sm px-2 py-0.5 text-sm text-muted hover:text-ink aria-pressed:bg-raised aria-pressed:text-ink"
              onClick={() => onSearch({ level: name, group: undefined })}
            >
              {shown === undefined ? `${noun}s` : formatCounted(shown.levels[name], noun)}
            </button>
          ))}
        </fieldset>
        <Button
          kind="quiet"
          aria-label={shown?.direction === 'LR' ? 'Draw downwards' : 'Draw to the right'}
          onClick={() => onSearch({ dir: shown?.direction === 'LR' ? 'TB' : 'LR' })}
        >
          {shown?.direction === 'LR' ? '⇄' : '⇅'}
        </Button>
        <select
          aria-label="Order of cells"
          className="field h-7"
          value={cells ?? ''}
          onChange={({ target }) =>
            onSearch({ cells: CELL_ORDERS.find((each) => each === target.value) })
          }
        >
          <option value="">cells by call</option>
          {CELL_ORDERS.map((each) => (
            <option key={each} value={each}>
              cells by {each}
            </option>
          ))}
        </select>
        <Button kind="quiet" aria-label="Zoom out" onClick={() => controller?.zoomBy(0.8)}>
          −
        </Button>
        <Button kind="quiet" aria-label="Zoom in" onClick={() => controller?.zoomBy(1.25)}>
          +
        </Button>
        <Button kind="quiet" onClick={() => controller?.fit()}>
          Fit <kbd>0</kbd>
        </Button>
        <Button kind="quiet" onClick={() => showNext(1)}>
          Next failure <kbd>F</kbd>
        </Button>
        <Button
          kind="quiet"
          disabled={group === undefined && shown?.isExpanded !== true}
          title={group === undefined ? 'Select a group first' : undefined}
          onClick={() => controller?.toggleExpanded()}
        >
          {shown?.isExpanded === true ? 'Collapse' : 'Expand'} <kbd>E</kbd>
        </Button>
        <FindField
          field={field}
          value={find}
          onChange={(text) => onSearch({ find: text === '' ? undefined : text }, { replace: true })}
          onNext={findNext}
        />
        <span role="status" className="text-sm text-muted">
          {message}
        </span>
      </div>
      <div ref={root} className="relative min-h-0 flex-1 overflow-hidden bg-bg">
        <canvas
          ref={base}
          role="img"
          aria-label={shown?.summary ?? 'Graph of the steps'}
          className="absolute inset-0 size-full"
        />
        <canvas
          ref={overlay}
          className="absolute inset-0 size-full touch-none"
          onPointerEnter={needTimes}
        />
        <div
          ref={buttons}
          role="toolbar"
          aria-label="Boxes of the graph"
          className="pointer-events-none absolute top-0 left-0 origin-top-left"
        />
        <canvas
          ref={minimap}
          hidden
          data-testid="minimap"
          className="absolute top-3 right-3 rounded-md border border-line bg-surface"
        />
        <div
          ref={tooltip}
          hidden
          data-testid="tooltip"
          aria-hidden="true"
          className="pointer-events-none absolute top-0 left-0 max-w-80 whitespace-pre-line rounded-sm border border-line bg-surface px-2 py-1 text-sm wrap-anywhere shadow-popover"
        />
        {shown === undefined && (
          <p className="absolute inset-x-0 top-10 text-center text-muted">
            {columns.epoch < 0 ? 'The graph is loading.' : 'This run has made no steps yet.'}
          </p>
        )}
      </div>
      <Legend palette={palette} />
    </div>
  );
}

type Complete<T> = { readonly [K in keyof T]: NonNullable<T[K]> };

function isComplete<T extends Readonly<Record<string, HTMLElement | null>>>(
  elements: T,
): elements is T & Complete<T> {
  return Object.values(elements).every((element) => element !== null);
}
