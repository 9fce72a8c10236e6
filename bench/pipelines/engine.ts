/** Pipelines of steps that do nothing, in shapes that load an engine: deep, wide, long. */
import { component, type Lazy, pipeline } from 'headrace';

const PROJECT = 'bench';

export const next = component(
  { returnValues: ['count'] },
  function next(_count: number, index: number) {
    return index;
  },
);

export const cachedNext = component(
  { returnValues: ['count'], cache: true },
  function cachedNext(_count: number, index: number) {
    return index;
  },
);

export const join = component({ returnValues: ['count'] }, function join(counts: number[]) {
  return counts.length;
});

/** Sequential steps, as a graph. */
export const lazy = pipeline({ name: 'lazy', project: PROJECT }, async function lazy(steps = 1000) {
  let last = next(0, 0);
  for (let index = 1; index < steps; index++) last = next(last, index);
  return await last;
});

/** Sequential steps, each awaited. */
export const awaited = pipeline(
  { name: 'awaited', project: PROJECT },
  async function awaited(steps = 1000) {
    let last = 0;
    for (let index = 0; index < steps; index++) last = await next(last, index);
    return last;
  },
);

/** Parallel steps. */
export const parallel = pipeline(
  { name: 'parallel', project: PROJECT },
  async function parallel(steps = 1000) {
    const all = Array.from({ length: steps }, (_, index) => next(0, index));
    return (await Promise.all(all)).length;
  },
);

/** A hundred parallel chains, joined at the end. */
export const chains = pipeline(
  { name: 'chains', project: PROJECT },
  async function chains(steps = 1000) {
    const last: (Lazy<number> | number)[] = Array.from({ length: 100 }, () => 0);
    for (let index = 0; index < steps - 1; index++)
      last[index % 100] = next(last[index % 100] ?? 0, index);
    return await join(last);
  },
);

/** Sequential steps, as a graph, all in the cache. */
export const cached = pipeline(
  { name: 'cached', project: PROJECT },
  async function cached(steps = 1000) {
    let last = cachedNext(0, 0);
    for (let index = 1; index < steps; index++) last = cachedNext(last, index);
    return await last;
  },
);

export const fit = component(
  { returnValues: ['rows'] },
  function fit(_fold: number, rows: number[]) {
    return rows.length;
  },
);

/** Parallel steps that all receive the same array of 400,000 numbers. */
export const large = pipeline(
  { name: 'large', project: PROJECT },
  async function large(steps = 40) {
    const rows = Array.from({ length: 400_000 }, (_, index) => ((index * 7919) % 1_000_003) / 1000);
    const all = Array.from({ length: steps }, (_, fold) => fit(fold, rows));
    return (await Promise.all(all)).length;
  },
);
