import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useSettings } from '../../../ui/settings.ts';
import { useRowWindow } from '../../../ui/use-row-window.ts';
import type { LogWindow, ShownLine } from '../log-window.ts';
import { LogLine } from './log-line.tsx';
import { WholeLine } from './whole-line.tsx';

const LINE_HEIGHT = 18;
/** Lines before an edge of the window at which further ones are read. */
const EDGE_LINES = 100;

/** The lines of a window of a log. Only those in view are elements. */
export function LogView(props: {
  readonly window: LogWindow;
  readonly label: string;
  readonly follows: boolean;
  readonly selected: string | undefined;
  readonly sourceOf: ((line: ShownLine) => string) | undefined;
  readonly onSelect: (position: string) => void;
  readonly onFollow: (follows: boolean) => void;
  readonly onStart: () => void;
  readonly onEnd: () => void;
}): ReactNode {
  const { window, follows, selected, sourceOf, onFollow } = props;
  const { lines } = window;
  const { timeZone } = useSettings();
  const [whole, setWhole] = useState<ShownLine | null>(null);
  const shown = useRef<{ first: string | undefined; count: number }>({
    first: undefined,
    count: 0,
  });
  const { element, ...view } = useRowWindow({
    count: lines.length,
    rowHeight: LINE_HEIGHT,
    overscan: 30,
  });

  // Lines that are inserted before the first one do not move those in view.
  useLayoutEffect(() => {
    const { first } = shown.current;
    shown.current = { first: lines[0]?.position, count: lines.length };
    if (element === null || first === undefined || first === lines[0]?.position) return;
    const added = lines.findIndex(({ position }) => position === first);
    if (added > 0) element.scrollTop += added * LINE_HEIGHT;
  }, [lines, element]);
  useLayoutEffect(() => {
    if (follows && element !== null && lines.length > 0) element.scrollTop = element.scrollHeight;
  }, [follows, lines, element]);
  const selectedIndex =
    selected === undefined ? -1 : lines.findIndex(({ position }) => position === selected);
  const isFound = selectedIndex >= 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for a selection, not for each page
  useEffect(() => {
    if (isFound && element !== null)
      element.scrollTop = selectedIndex * LINE_HEIGHT - (element.clientHeight - LINE_HEIGHT) / 2;
  }, [selected, isFound, element]);

  const onScroll = () => {
    if (element === null) return;
    const edge = EDGE_LINES * LINE_HEIGHT;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (element.scrollTop < edge) props.onStart();
    if (below < edge) props.onEnd();
    // Scrolling up ends the following, as in a terminal; the end starts it again.
    if (follows && below > 4 * LINE_HEIGHT) onFollow(false);
  };
  return (
    <>
      <div
        ref={view.ref}
        role="log"
        aria-label={props.label}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
        tabIndex={0}
        className="min-h-0 flex-1 overflow-auto bg-surface py-1"
        onScroll={onScroll}
      >
        <div className="relative w-max min-w-full" style={{ height: view.height }}>
          {view.rows.map(({ index, start }) => {
            const line = lines[index];
            if (line === undefined) return null;
            return (
              <div
                key={line.position}
                className="absolute top-0 left-0 min-w-full"
                style={{ transform: `translateY(${start}px)` }}
              >
                <LogLine
                  line={line}
                  timeZone={timeZone}
                  source={sourceOf?.(line)}
                  isSelected={line.position === selected}
                  onSelect={props.onSelect}
                  onShowAll={setWhole}
                />
              </div>
            );
          })}
        </div>
      </div>
      {whole !== null && <WholeLine line={whole} onClose={() => setWhole(null)} />}
    </>
  );
}
