/**
 * Where the arrow keys lead from a box: along edges, or to the neighbour in its layer.
 *
 * @module
 */
import type { BoxGraph } from './box-graph.ts';
import type { Layout } from './layout/layout.ts';

export const ARROWS = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] as const;
export type Arrow = (typeof ARROWS)[number];

type Step = 'parent' | 'child' | 'before' | 'after';

const STEPS: Readonly<Record<Layout['direction'], Readonly<Record<Arrow, Step>>>> = {
  TB: { ArrowUp: 'parent', ArrowDown: 'child', ArrowLeft: 'before', ArrowRight: 'after' },
  LR: { ArrowLeft: 'parent', ArrowRight: 'child', ArrowUp: 'before', ArrowDown: 'after' },
};

/** The box that an arrow key leads to, or undefined. Of several, the nearest. */
export function walk(graph: BoxGraph, layout: Layout, box: number, key: Arrow): number | undefined {
  const step = STEPS[layout.direction][key];
  const isDown = layout.direction === 'TB';
  const along = isDown ? layout.x : layout.y;
  const across = isDown ? layout.y : layout.x;
  const at = along[box] ?? 0;
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  const offer = (candidate: number, distance: number) => {
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  };
  if (step === 'parent' || step === 'child') {
    const [near, far] = step === 'child' ? [graph.from, graph.to] : [graph.to, graph.from];
    for (let edge = 0; edge < near.length; edge++) {
      if (near[edge] !== box) continue;
      const other = far[edge] ?? 0;
      // The next layer first, then the nearest place in it.
      const layers = Math.abs((across[other] ?? 0) - (across[box] ?? 0));
      offer(other, layers * 1_000 + Math.abs((along[other] ?? 0) - at));
    }
    return best;
  }
  const sign = step === 'after' ? 1 : -1;
  for (let other = 0; other < graph.boxes.length; other++) {
    const distance = ((along[other] ?? 0) - at) * sign;
    if (other !== box && across[other] === across[box] && distance > 0) offer(other, distance);
  }
  return best;
}
