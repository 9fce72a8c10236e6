import { describe, expect, it } from 'vitest';
import { boot, hashes, logicOf, project, stepOf, textOf } from './project.ts';

const MAIN = `
  import { component, pipeline } from 'headrace';
  import { clean } from './helpers.ts';
  import { other } from './other.ts';
  const table = makeTable();
  function makeTable() { return new Map([['a', 1]]); }
  export const one = component({ returnValues: ['x'], cache: true }, async function one(text: string) { return clean(text); });
  export const two = component({ returnValues: ['y'] }, (key: string) => [table.get(key), other()]);
  export const main = pipeline({ name: 'demo' }, async function main(text: string) { return two(one(text)); });`;
const HELPERS = `import { deeper } from './deeper.ts'; export const clean = (text: string) => deeper(text.trim()); export const unused = () => 1;`;
const DEEPER = `import { deepest } from './deepest.ts'; export const deeper = (text: string) => deepest(text);`;
const DEEPEST = 'export const deepest = (text: string) => text.toUpperCase();';
const OTHER = `console.log; export const other = () => 'other';`;
const FILES = {
  'main.ts': MAIN,
  'helpers.ts': HELPERS,
  'deeper.ts': DEEPER,
  'deepest.ts': DEEPEST,
  'other.ts': OTHER,
};

const hashesOf = async (changes: Record<string, string>): Promise<Record<string, string>> =>
  hashes(await project({ ...FILES, ...changes }).bundle());

describe('the bundle of a component', () => {
  it('a component’s bundle contains its function and only what that reaches', async () => {
    const bundles = await project(FILES).bundle();
    expect(textOf(bundles, 'one')).toContain('toUpperCase');
    expect(textOf(bundles, 'one')).not.toMatch(/makeTable|other|returnValues|unused/);
    expect(textOf(bundles, 'two')).not.toContain('toUpperCase');
    expect(await (await stepOf(bundles, 'one'))(' a ')).toBe('A');
    expect(await (await stepOf(bundles, 'two'))('a')).toEqual([1, 'other']);
  });

  it('a component’s hash changes with a helper three files away', async () => {
    const before = await hashesOf({});
    const after = await hashesOf({ 'deepest.ts': DEEPEST.replace('toUpperCase', 'toLowerCase') });
    expect(after.one).not.toBe(before.one);
    expect(after.two).toBe(before.two);
  });

  it('a component’s hash does not depend on other components, their helpers or imports', async () => {
    const before = await hashesOf({});
    for (const main of [
      MAIN.replace('[table.get(key), other()]', '[table.size, key]'),
      MAIN.replace(
        '(key: string) => [table.get(key), other()]',
        "async (key: string) => [table.get(key), (await import('./deeper.ts')).deeper(key)]",
      ),
      MAIN.replace("new Map([['a', 1]])", "new Map([['b', 2]])"),
      MAIN.replace(
        'export const two',
        'export const zero = component({}, () => 0);\n export const two',
      ).replace('return two', 'zero(); return two'),
      `import { readFileSync } from 'node:fs';\n${MAIN.replace('other()', "readFileSync('x')")}`,
    ]) {
      const after = await hashesOf({ 'main.ts': main });
      expect(after.one).toBe(before.one);
      expect(after.two === before.two).toBe(main.includes('zero'));
    }
  });

  it('a component’s hash does not depend on its options', async () => {
    const before = await hashesOf({});
    const after = await hashesOf({
      'main.ts': MAIN.replace(
        'cache: true',
        "cache: false, retryOnFailure: 3, executionQueue: 'gpu'",
      ),
    });
    expect(after).toEqual(before);
  });

  it('a component’s hash does not depend on comments, blanks and types', async () => {
    const before = await hashesOf({});
    const after = await hashesOf({
      'main.ts': MAIN.replace(
        'return clean(text)',
        '// why\n  /*! legal */ /** doc */\n return   clean( text ) as string',
      ),
      'helpers.ts': `/** @license MIT */\n${HELPERS.replace('(text: string)', '(\n text: any\n)')}`,
    });
    expect(after).toEqual(before);
  });

  it('a bundle depends neither on the project’s folder nor on the working directory', async () => {
    const near = await project(FILES).bundle();
    const far = await project(FILES, 'far/away/from there').bundle();
    expect([...far.texts]).toEqual([...near.texts]);
    expect({ ...far.code, projectRoot: '' }).toEqual({ ...near.code, projectRoot: '' });
  });

  it('two components with the same function have the same hash', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        import { train } from './train.ts';
        export const a = component({ name: 'a', cache: true }, train);
        export const b = component({ name: 'b' }, train);
        export const main = pipeline({ name: 'demo' }, async () => [a(1), b(2)]);`,
      'train.ts': 'export function train(n: number) { return n * 2; }',
    }).bundle();
    expect(hashes(bundles).a).toBe(hashes(bundles).b);
  });

  it('a local variable does not include a declaration of the module with the same name', async () => {
    const main = MAIN.replace('return clean(text)', 'const table = [text]; return clean(table[0])');
    expect(textOf(await project({ ...FILES, 'main.ts': main }).bundle(), 'one')).not.toContain(
      'makeTable',
    );
  });

  it('a component’s bundle includes the top-level effects of its modules', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        import './setup.ts';
        import { settings } from './settings.ts';
        settings.level = 3;
        export const read = component({}, () => [settings.level, (globalThis as any).setUp]);
        export const main = pipeline({ name: 'demo' }, async () => read());`,
      'setup.ts': '(globalThis as any).setUp = true;',
      'settings.ts': 'export const settings = { level: 1 };',
    }).bundle();
    expect(await (await stepOf(bundles, 'read'))()).toEqual([3, true]);
  });

  it('an assignment to a name is included only if the bundle needs the name', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        const counters: Record<string, number> = {};
        counters.a = 1;
        const unused: Record<string, number> = {};
        unused.b = 2;
        export const count = component({}, () => counters.a);
        export const main = pipeline({ name: 'demo' }, async () => count());`,
    }).bundle();
    expect(await (await stepOf(bundles, 'count'))()).toBe(1);
    expect(textOf(bundles, 'count')).not.toContain('unused');
  });

  it('a bundle follows namespaces, star exports, re-exports and import cycles', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        import * as lib from './lib/index.ts';
        export const run = component({}, (n: number) => [lib.twice(n), lib.even(n), lib.nested.deep]);
        export const main = pipeline({ name: 'demo' }, async (n: number) => run(n));`,
      'lib/index.ts': `export * from './math.ts'; export { isEven as even } from './even.ts'; export * as nested from './nested.ts';`,
      'lib/math.ts': `export const twice = (n: number) => 2 * n; export const costly = start(); function start() { throw new Error('started'); }`,
      'lib/even.ts': `import { isOdd } from './odd.ts'; export const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);`,
      'lib/odd.ts': `import { isEven } from './even.ts'; export const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);`,
      'lib/nested.ts': 'export const deep = 7;',
    }).bundle();
    expect(await (await stepOf(bundles, 'run'))(4)).toEqual([8, true, 7]);
  });

  it('a bundle inlines a module that it imports dynamically as a whole', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        export const run = component({}, async () => { const { a, default: b } = await import('./lazy.ts'); return [a, b]; });
        export const main = pipeline({ name: 'demo' }, async () => run());`,
      'lazy.ts': 'export const a = 1; export default 2;',
    }).bundle();
    expect(bundles.texts.size).toBe(2);
    expect(await (await stepOf(bundles, 'run'))()).toEqual([1, 2]);
  });

  it('a component may use classes, enums, generators, destructuring and JSX of the project', async () => {
    const bundles = await project({
      'main.tsx': `
        import { component, pipeline } from 'headrace';
        enum Level { Low = 1, High = Low + 1 }
        class Base { static count = 5; get twice() { return Base.count * 2; } }
        class Model extends Base { #x = Level.High; value() { return this.#x + this.twice; } }
        const { a: [first = 9], ...others } = { a: [] as number[], b: 4 };
        function h(tag: string, props: { n: number } | null) { return [tag, props?.n]; }
        function* numbers() { yield first; yield others.b; }
        /** @jsx h */
        export const run = component({}, () => { label: for (const n of numbers()) { if (n === 4) break label; } return [new Model().value(), ...numbers(), <p n={first} />]; });
        export const main = pipeline({ name: 'demo' }, async () => run());`,
      'tsconfig.json': '{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }',
    }).bundle('main.tsx');
    expect(await (await stepOf(bundles, 'run'))()).toEqual([12, 9, 4, ['p', 9]]);
  });
});

describe('the bundle of the logic', () => {
  it('the logic’s bundle contains no function of a component, and nothing that only those reach', async () => {
    const bundles = await project(FILES).bundle();
    expect(logicOf(bundles)).not.toMatch(/toUpperCase|makeTable|deepest/);
    expect(boot(bundles).declared).toEqual([
      {
        options: { returnValues: ['x'], cache: true },
        fn: undefined,
        meta: { id: 'main.ts#one', name: 'one', style: 'positional', parameters: ['text'] },
      },
      {
        options: { returnValues: ['y'] },
        fn: undefined,
        meta: { id: 'main.ts#two', name: 'two', style: 'positional', parameters: ['key'] },
      },
    ]);
  });

  it('only the components that the chosen pipeline reaches are bundled', async () => {
    const sample = project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        export const one = component({}, () => 1);
        export const two = component({}, () => 2);
        export const broken = component({}, async () => (await import('./nowhere.ts')).x);
        export const first = pipeline({ name: 'first' }, async () => one());
        export const second = pipeline({ name: 'second' }, async () => { const broken = 1; return [two(), broken]; });`,
    });
    expect(
      (await sample.bundle('main.ts', 'first')).code.components.map((component) => component.id),
    ).toEqual(['main.ts#one']);
    const second = await sample.bundle('main.ts', 'second');
    expect(second.code.components.map((component) => component.id)).toEqual(['main.ts#two']);
    expect(logicOf(second)).not.toContain('#one');
  });

  it('the code’s hash changes when a component or the logic changes, and only then', async () => {
    const hash = async (changes: Record<string, string>): Promise<string> =>
      (await project({ ...FILES, ...changes }).bundle()).code.hash;
    const before = await hash({});
    expect(await hash({ 'main.ts': `${MAIN}\nexport const spare = 1; // unused` })).toBe(before);
    expect(await hash({ 'deepest.ts': DEEPEST.replace('Upper', 'Lower') })).not.toBe(before);
    expect(await hash({ 'main.ts': MAIN.replace('two(one(text))', 'one(two(text))') })).not.toBe(
      before,
    );
  });

  it('the modules of each bundle are reported', async () => {
    const { modules, texts, code } = await project(FILES).bundle();
    expect(modules.get('main.ts#one')?.map((share) => share.file)).toEqual([
      'deepest.ts',
      'deeper.ts',
      'helpers.ts',
      'main.ts',
    ]);
    expect(modules.get('main.ts#main')?.map((share) => share.file)).toEqual([
      'headrace',
      'main.ts',
    ]);
    for (const { bundle } of code.components) {
      expect(bundle.key).toBe(`code/${bundle.hash}.mjs`);
      expect(bundle.size).toBe(Buffer.byteLength(texts.get(bundle.key) ?? ''));
    }
  });
});
