/** Values on their way between steps and logic, and what cannot travel. */
import { completes, fails, failsInStep, type Programs } from '../program.ts';

const main = (body: string, components: string): string =>
  `${components}\n  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {${body}});`;

const CATCH = `
  const caught = async (use: () => unknown): Promise<unknown> => {
    try { await use(); return 'nothing'; } catch (error: any) { return [error.name, error.message]; }
  };`;

const refused = (place: string, found: string, advice: string): unknown => [
  'UnserializableValueError',
  `${place} cannot be passed between steps: it is ${found}. ${advice}`,
];

const FUNCTION_ADVICE =
  'Functions stay in the code: pass the data that it needs, and define it in the component or in a module that the component imports.';
const CLASS_ADVICE =
  'Return plain data (objects, arrays, Map, Set, Date, typed arrays, errors), or give the pipeline an artifactSerializer.';

const unserializable = (path: string, found: string, advice: string) => ({
  name: 'UnserializableValueError',
  message: `${path} cannot be passed between steps: it is ${found}. ${advice}`,
  class: 'HeadraceError',
  fields: { path, found, advice },
});

export const TRAVEL: Programs = {
  'arguments that cannot travel are refused with their place': {
    source: main(
      `class Model { layers = 3; }
       const cycle: any = { name: 'a' };
       cycle.self = cycle;
       return [
         await caught(() => use({ deep: [() => 1] })),
         await caught(() => use(new Model())),
         await caught(() => use(cycle)),
         await caught(() => use(Symbol('s') as unknown)),
         await caught(() => use(new Map([[1, use(1)]]) as unknown)),
       ];`,
      `${CATCH} const use = component({}, (value: unknown) => typeof value);`,
    ),
    outcome: completes([
      refused('value.deep[0]', 'a function', FUNCTION_ADVICE),
      refused('value', 'an instance of Model', CLASS_ADVICE),
      refused('value.self', 'a cycle, back to value', 'Refer to it by an id instead.'),
      refused('value', 'a symbol', 'Use a string instead.'),
      refused(
        'value[0]',
        'a Lazy inside a Map or a Set',
        'Put it into an array or an object, or await it first.',
      ),
    ]),
  },
  'a result that is a function': {
    source: main(
      'await makes();',
      `const makes = component({ returnValues: ['f'] }, () => ({ f: () => 1 }));`,
    ),
    outcome: failsInStep('makes', {
      name: 'UnserializableArtifactError',
      message: `the return value of makes ("f") cannot be stored: f is the function f. ${FUNCTION_ADVICE}`,
      class: 'HeadraceError',
      fields: { artifact: 'the return value of makes ("f")' },
      cause: unserializable('f', 'the function f', FUNCTION_ADVICE),
    }),
  },
  'a result of the logic that is an instance of a class': {
    source: main('class Model {} return { model: new Model() };', ''),
    outcome: fails(unserializable('model', 'an instance of Model', CLASS_ADVICE)),
  },
  'a step gets a copy of its arguments, and the logic a copy of its results': {
    source: main(
      `const rows = [1, 2];
       const made = make();
       const first = await grow(rows);
       const second = await grow(made);
       const mine = await made;
       mine.push(9);
       return [rows, first, second, mine, (await made).length, await grow(made), await grow(rows)];`,
      `const make = component({}, () => [7]);
       const grow = component({}, (list: number[]) => { list.push(0); return list; });`,
    ),
    outcome: completes([[1, 2], [1, 2, 0], [7, 0], [7, 9], 2, [7, 0], [1, 2, 0]]),
  },
  'each attempt gets its arguments as they were passed': {
    source: main(
      'return await grow([1]);',
      `const grow = component({ retryOnFailure: 1, retryBackoff: { initialSeconds: 0.01 } }, (list: number[]) => {
         list.push(0);
         if (currentStep().attempt === 1) throw new Error('once');
         return list;
       });`,
    ),
    outcome: completes([1, 0]),
  },
  'a value keeps its type between steps': {
    source: main(
      'return await look(await values(), values());',
      `const values = component({}, () => ({
         bytes: Buffer.from('é'), date: new Date(0), map: new Map([[1, new Set(['a'])]]), big: 2n, none: undefined, nan: NaN,
       }));
       const types = (v: any): unknown => [Buffer.isBuffer(v.bytes), v.bytes.toString(), v.date instanceof Date, [...v.map.get(1)], String(v.big), 'none' in v, Number.isNaN(v.nan)];
       const look = component({}, (a: unknown, b: unknown) => [types(a), types(b)]);`,
    ),
    outcome: completes([
      [true, 'é', true, ['a'], '2', true, true],
      [true, 'é', true, ['a'], '2', true, true],
    ]),
  },
  'Lazies in a Map and a Set of the result are awaited': {
    source: main(
      'return { m: new Map([["a", one()]]), s: new Set([one()]) };',
      'const one = component({}, () => 1);',
    ),
    outcome: completes({
      m: { $type: 'Map', entries: [['a', 1]] },
      s: { $type: 'Set', values: [1] },
    }),
  },
};
