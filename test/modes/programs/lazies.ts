/** Lazies that are used as values. */
import { completes, type Program, type Programs } from '../program.ts';

/** A program that uses the Lazy `rows` in an expression. */
const misused = (expression: string, property?: string): Program => ({
  source: `
  const load = component({}, () => [1, 2]);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
    const rows: any = load();
    try { return ${expression}; } catch (error: any) { await rows; return [error.name, error.step, error.property ?? null]; }
  });`,
  outcome: completes(['LazyUsedAsValueError', 'load', property ?? null]),
});

export const LAZIES: Programs = {
  'the length of a Lazy': misused('rows.length', 'length'),
  'a method of the value of a Lazy': misused('rows.map((n: number) => n)', 'map'),
  'the text of a Lazy by toString': misused('rows.toString()', 'toString'),
  'a Lazy in a template': misused('`${rows}`'),
  'what every object has': {
    source: `
  const load = component({}, () => [1, 2]);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
    const rows: any = load();
    return [rows instanceof Object, Object.hasOwn(rows, 'x'), 'x' in rows, await rows, typeof rows.then];
  });`,
    outcome: completes([true, false, false, [1, 2], 'function']),
  },
  'all return values of a call as one argument, at the top and inside another one': {
    source: `
  const split = component({ returnValues: ['train', 'test'] }, () => [[1, 2], 3n]);
  const join = component({}, (both: [number[], bigint], nested: { deep: [number[], bigint] }) =>
    [...both[0], String(both[1]), nested.deep.length, String(nested.deep[1])]);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
    const parts = split();
    return await join(parts, { deep: parts });
  });`,
    outcome: completes([1, 2, '3', 2, '3']),
  },
};
