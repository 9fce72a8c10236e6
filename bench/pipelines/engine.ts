/**
 * Pipelines of steps that do nothing, in the shapes that an engine finds hard: deep, wide, long.
 */
import { component, type Lazy, pipeline } from 'headrace';

const PROJECT = 'bench';

export const next = component(
  { returnValues: ['count'] },
  function next(_count: number, index: number) {
    return index;
  },
);

export const remembered = component(
  { returnValues: ['count'], cache: true },
  function remembered(_count: number, index: number) {
    return index;
  },
);

export const join = component({ returnValues: ['count'] }, function join(counts: number[]) {
  return counts.length;
});

/** One after the other, as a graph. */
export const lazy = pipeline({ name: 'lazy', project: PROJECT }, async function lazy(steps = 1000) {
  let last = next(0, 0);
  for (let index = 1; index < steps; index++) last = next(last, index);
  return await last;
});

/** One after the other, each awaited. */
export const awaited = pipeline(
  { name: 'awaited', project: PROJECT },
  async function awaited(steps = 1000) {
    let last = 0;
    for (let index = 0; index < steps; index++) last = await next(last, index);
    return last;
  },
);

/** All at once. */
export const parallel = pipeline(
  { name: 'parallel', project: PROJECT },
  async function parallel(steps = 1000) {
    const all = Array.from({ length: steps }, (_, index) => next(0, index));
    return (await Promise.all(all)).length;
  },
);

/** A hundred lanes side by side, joined at the end. */
export const lanes = pipeline(
  { name: 'lanes', project: PROJECT },
  async function lanes(steps = 1000) {
    const ends: (Lazy<number> | number)[] = Array.from({ length: 100 }, () => 0);
    for (let index = 0; index < steps - 1; index++)
      ends[index % 100] = next(ends[index % 100] ?? 0, index);
    return await join(ends);
  },
);

/** One after the other, as a graph, each in the cache. */
export const cached = pipeline(
  { name: 'cached', project: PROJECT },
  async function cached(steps = 1000) {
    let last = remembered(0, 0);
    for (let index = 1; index < steps; index++) last = remembered(last, index);
    return await last;
  },
);
