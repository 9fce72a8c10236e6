import { type ReactNode, useMemo } from 'react';
import { lastState } from '../../../format/ansi.ts';
import { partsOfLine } from '../../../format/long-lines.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { Button } from '../../../ui/button.tsx';
import { copyText } from '../../../ui/copy-button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { useRowWindow } from '../../../ui/use-row-window.ts';
import type { ShownLine } from '../log-window.ts';
import { AnsiText } from './log-line.tsx';

const PART_CHARACTERS = 200;
const LINE_HEIGHT = 18;

/** A very long line in parts, of which only those in view are elements. */
export function WholeLine(props: {
  readonly line: ShownLine;
  readonly onClose: () => void;
}): ReactNode {
  const { line, onClose } = props;
  const parts = useMemo(() => partsOfLine(lastState(line.text), PART_CHARACTERS), [line.text]);
  const view = useRowWindow({ count: parts.length, rowHeight: LINE_HEIGHT, overscan: 20 });
  return (
    <Dialog
      title={`A line of ${formatCounted(line.text.length, 'character')}`}
      onClose={onClose}
      className="w-[90vw]"
    >
      <div
        ref={view.ref}
        role="document"
        aria-label="The whole line"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
        tabIndex={0}
        className="h-[60dvh] overflow-auto bg-raised font-mono text-sm whitespace-pre"
      >
        <div className="relative w-max" style={{ height: view.height }}>
          {view.rows.map(({ index, start }) => (
            <div
              key={index}
              className="absolute top-0 left-0 h-4.5"
              style={{ transform: `translateY(${start}px)` }}
            >
              <AnsiText text={parts[index] ?? ''} />
            </div>
          ))}
        </div>
      </div>
      <div className="mt-3 flex justify-end">
        <Button onClick={() => copyText(line.text)}>Copy the line</Button>
      </div>
    </Dialog>
  );
}
