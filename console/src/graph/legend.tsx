import type { ReactNode } from 'react';
import { STATUSES } from '../live/statuses.ts';
import type { Palette } from './canvas/palette.ts';
import { emptyMarks, paintMarks } from './canvas/status-marks.ts';
import { Surface } from './canvas/surface.ts';

const SIZE = 10;

/** The mark of each status, as cells and bars have it. */
export function Legend({ palette }: { readonly palette: Palette }): ReactNode {
  return (
    <ul
      aria-label="Legend"
      className="flex flex-wrap gap-x-3 border-t border-line px-3 py-0.5 text-xs text-muted"
    >
      {STATUSES.map((status, code) => (
        <li key={status} className="inline-flex items-center gap-1">
          <canvas
            ref={(canvas) => {
              if (canvas !== null) paintMark(canvas, palette, code);
            }}
            className="size-2.5"
          />
          {status}
        </li>
      ))}
    </ul>
  );
}

function paintMark(canvas: HTMLCanvasElement, palette: Palette, code: number): void {
  const surface = new Surface(canvas);
  surface.resize({ width: SIZE, height: SIZE });
  surface.clear();
  const marks = emptyMarks();
  marks[code]?.push({ x: 0, y: 0, width: SIZE, height: SIZE });
  paintMarks(surface.onScreen(), palette, marks);
}
