/** Pipelines of nearly empty steps, so that the counted requests are those of Headrace itself. */
import { component, pipeline } from 'headrace';

const PROJECT = 'bench';

export const next = component({ returnValues: ['count'] }, function next(count: number) {
  return count + 1;
});

export const square = component(
  { returnValues: ['square'], retryOnFailure: 1 },
  function square(value: number) {
    return value * value;
  },
);

/** Sequential steps, each awaited. */
export const chain = pipeline(
  { name: 'chain', project: PROJECT, version: '1.0.0' },
  async function chain(steps = 10) {
    let count = 0;
    for (let index = 0; index < steps; index++) count = await next(count);
    return count;
  },
);

/** Parallel steps, all results awaited. */
export const map = pipeline(
  { name: 'map', project: PROJECT, version: '1.0.0' },
  async function map(width = 10) {
    const squares = await Promise.all(Array.from({ length: width }, (_, value) => square(value)));
    return squares.length;
  },
);

/** The logic of each child run: one step. */
export const single = pipeline(
  { name: 'single', project: PROJECT, version: '1.0.0' },
  async function single(count: number, _text = '') {
    return await next(count);
  },
);

/** Sequential child runs, each awaited, with a text of the given length as an argument. */
export const children = pipeline(
  { name: 'children', project: PROJECT, version: '1.0.0' },
  async function children(width = 10, length = 0) {
    let count = 0;
    const text = 'x'.repeat(length);
    for (let index = 0; index < width; index++) count = await single(count, text);
    return count;
  },
);
