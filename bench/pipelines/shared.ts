/** Parallel calls of an empty component that share processes. */
import { component, pipeline } from 'headrace';

export const next = component(
  { returnValues: ['count'], isolation: 'shared' },
  function next(count: number) {
    return count + 1;
  },
);

export const parallel = pipeline(
  { name: 'shared', project: 'bench', version: '1.0.0' },
  async function parallel(steps = 1000) {
    const counts = await Promise.all(Array.from({ length: steps }, (_, index) => next(index)));
    return counts.length;
  },
);
