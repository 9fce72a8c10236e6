/**
 * The layout of large graphs, in a thread of its own.
 *
 * @module
 */
import { type LayoutInput, layOut } from './model/layout/layout.ts';

addEventListener('message', ({ data }: MessageEvent<{ id: number; input: LayoutInput }>) => {
  const layout = layOut(data.input);
  postMessage(
    { id: data.id, layout },
    {
      transfer: [
        layout.x.buffer,
        layout.y.buffer,
        layout.points.buffer,
        layout.segmentFrom.buffer,
        layout.segmentTo.buffer,
      ],
    },
  );
});
