/** A chain of steps that only count, which shows the cost of a step. */
import { component, pipeline } from 'headrace';

export const next = component({ returnValues: ['count'] }, function next(count: number) {
  return count + 1;
});

export const chain = pipeline(
  { name: 'chain', project: 'bench', version: '1.0.0' },
  async function chain(steps = 200) {
    let last = next(0);
    for (let index = 1; index < steps; index++) last = next(last);
    return await last;
  },
);
