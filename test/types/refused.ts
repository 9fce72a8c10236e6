// biome-ignore-all lint/correctness/noUnusedVariables: only the compiler reads this file
/**
 * Code that must not compile. Each line under `@ts-expect-error` is a user's error. If it is no
 * error, this file does not compile.
 */
import { component, pipeline } from './declared.ts';

const load = component({ returnValues: ['rows'] }, (url: string, limit = 100) => [
  url.length,
  limit,
]);
const split = component(
  { returnValues: ['train', 'test'] },
  (rows: number[]) => [rows, 'test'] as const,
);
const learn = component(
  { returnValues: ['model'] },
  (input: { rows: number[]; depth: number }, names: string[] = []) => names.length + input.depth,
);
const many = component({}, (...numbers: number[]) => numbers.length);
const strings = component({}, (list: string[]) => list);

export const main = pipeline({ name: 'p' }, async (url: string, n = 1) => {
  const rows = load(url);
  const [train, test] = split(rows);

  // @ts-expect-error a number for a string
  load(5);
  // @ts-expect-error a missing argument
  load();
  // @ts-expect-error one argument too many
  load('x', 1, 2);
  // @ts-expect-error a Lazy of the wrong type
  load(rows);
  // @ts-expect-error a Lazy of the wrong type in the place of a parameter with a default
  load('x', test);
  // @ts-expect-error a Lazy of the wrong type inside an object
  learn({ rows: train, depth: test });
  // @ts-expect-error a Lazy of the wrong type inside an array inside an object
  learn({ rows: [1, test], depth: 1 });
  // @ts-expect-error a Lazy of the wrong type inside an array
  learn({ rows: train, depth: 1 }, ['x', rows]);
  // @ts-expect-error a missing property
  learn({ rows: train });
  // @ts-expect-error an additional property
  learn({ rows: train, depth: 1, deep: 2 });
  // @ts-expect-error a Lazy of the wrong type among rest parameters
  many(1, test);
  // @ts-expect-error an array of numbers for one of strings
  strings(train);
  // @ts-expect-error a tuple of Lazies for a single value
  strings(split(rows));

  // @ts-expect-error more variables than return values
  const [x, y, z] = split(rows);
  // @ts-expect-error one name is the whole value, and a Lazy of it cannot be destructured
  const [inside] = rows;
  // @ts-expect-error a Lazy is not its value
  const length: number = rows.length;
  // @ts-expect-error a Lazy in arithmetic
  100 * learn({ rows: train, depth: 1 });
  // @ts-expect-error the second value is a string
  const second: number = await test;
  return n;
});

// @ts-expect-error the pipeline's own argument of the wrong type
main(5);
// @ts-expect-error the pipeline's own argument missing
main();
// @ts-expect-error the result is a number
const text: string = await main('x');

// @ts-expect-error more names than return values
component({ returnValues: ['a', 'b', 'c'] }, () => [1, 2] as const);
// @ts-expect-error fewer names than return values
component({ returnValues: ['a', 'b'] }, () => [1, 2, 3] as const);
// @ts-expect-error several names, and an array of no fixed length
component({ returnValues: ['a', 'b'] }, () => [1, 2].map((n) => n));
// @ts-expect-error several names, and no array
component({ returnValues: ['a', 'b'] }, () => 1);
// @ts-expect-error several names, and a promise of too few values
component({ returnValues: ['a', 'b'] }, async (): Promise<[number]> => [1]);
// @ts-expect-error an unknown option
component({ returnValues: ['a'], cached: true }, () => 1);
// @ts-expect-error an unknown option, without names
component({ return_values: ['a'] }, () => 1);
// @ts-expect-error an option of the wrong type
component({ cache: 'yes' }, () => 1);
// @ts-expect-error an unknown mode of the cache
component({ cache: { mode: 'write' } }, () => 1);
// @ts-expect-error an option that cannot be enabled
component({ autoConnectFrameworks: true }, () => 1);
// @ts-expect-error a callback whose result is no boolean
component({ retryOnFailure: (_run, _node, retries) => `${retries}` }, () => 1);
// @ts-expect-error a missing function
component({ returnValues: ['a'] });
// @ts-expect-error a value that is no function
component({ returnValues: ['a'] }, 'fn');
// @ts-expect-error an unknown option of a pipeline
pipeline({ name: 'p', projekt: 'x' }, () => 1);
// @ts-expect-error an option that Headrace refuses
pipeline({ name: 'p', multiInstanceSupport: true }, () => 1);
// @ts-expect-error a number as the version
pipeline({ name: 'p', version: 1 }, () => 1);
