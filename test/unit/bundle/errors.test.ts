import { describe, expect, it } from 'vitest';
import * as errors from '../../../src/bundle/errors.ts';
import { boot, load, project, stepOf } from './project.ts';

const HEAD = `import { component, pipeline } from 'headrace';\n`;
const MAIN = `export const main = pipeline({ name: 'demo' }, async () => step());`;

async function errorOf(
  files: Record<string, string>,
  file = 'main.ts',
  pipeline?: string,
): Promise<Error> {
  const thrown: unknown = await project(files)
    .bundle(file, pipeline)
    .catch((error: unknown) => error);
  if (!(thrown instanceof Error)) throw new Error('no error was thrown');
  return thrown;
}

describe('a file', () => {
  it('a missing file is refused', async () => {
    const error = await errorOf({}, 'nowhere.ts');
    expect(error).toBeInstanceOf(errors.SourceNotFoundError);
    expect(error.message).toMatch(/nowhere\.ts: there is no such file$/);
  });

  it.each([
    ['a folder', 'src', /not a JavaScript or TypeScript file/],
    ['another kind of file', 'notes.md', /not a JavaScript or TypeScript file/],
  ])('%s is refused as a source file', async (_, file, message) => {
    const error = await errorOf({ 'src/x.ts': '', 'notes.md': '' }, file);
    expect(error).toBeInstanceOf(errors.SourceNotFoundError);
    expect(error.message).toMatch(message);
  });

  it('a syntax error is reported with its location and a code frame', async () => {
    const error = await errorOf(
      { 'src/main.ts': `${HEAD}export const a = 1;\nconst x = = 2;\n` },
      'src/main.ts',
    );
    expect(error).toBeInstanceOf(errors.SourceSyntaxError);
    expect(error).toMatchObject({ location: { file: 'src/main.ts', line: 3, column: 11 } });
    expect(error.message).toMatch(/^src\/main\.ts:3:11: [^\n]+$/);
    expect(error).toMatchObject({
      frame: expect.stringContaining('> 3 | const x = = 2;\n    |           ^'),
    });
  });

  it('a syntax error in an imported file is located in that file', async () => {
    const error = await errorOf({
      'main.ts': `${HEAD}import { f } from './bad.ts';\nconst step = component({}, () => f());\n${MAIN}`,
      'bad.ts': 'export const f = (;',
    });
    expect(error).toMatchObject({
      name: 'SourceSyntaxError',
      location: { file: 'bad.ts', line: 1 },
    });
  });
});

describe('a pipeline', () => {
  it('a file without a pipeline is refused', async () => {
    expect(
      await errorOf({ 'main.ts': `${HEAD}export const step = component({}, () => 1);` }),
    ).toBeInstanceOf(errors.NoPipelineError);
  });

  it('a file that is no ES module has no pipeline', async () => {
    const error = await errorOf(
      {
        'main.cjs': `const { pipeline } = require('headrace');\nexports.main = pipeline({}, async () => 1);`,
      },
      'main.cjs',
    );
    expect(error).toMatchObject({
      name: 'NoPipelineError',
      message: 'main.cjs has no pipeline: it is no ES module; use import and export',
    });
    const constant = `const { pipeline } = require('headrace');\nconst inner = pipeline({}, async () => 1);\nmodule.exports = { inner };`;
    for (const name of [undefined, 'inner'])
      expect(await errorOf({ 'main.cjs': constant }, 'main.cjs', name)).toMatchObject({
        message: error.message,
      });
  });

  it('a pipeline that is neither exported nor called must be chosen by name', async () => {
    const files = { 'main.ts': `${HEAD}const hidden = pipeline({ name: 'demo' }, async () => 1);` };
    const error = await errorOf(files);
    expect(error).toBeInstanceOf(errors.HiddenPipelineError);
    expect(error.message).toBe(
      'main.ts exports no pipeline: export demo, or choose with --pipeline',
    );
    expect((await project(files).bundle('main.ts', 'demo')).code.id).toBe('main.ts#hidden');
  });

  it('one of several pipelines must be chosen by name', async () => {
    const two = `${HEAD}export const a = pipeline({ name: 'first' }, async () => 1);\nexport default pipeline({ name: 'second' }, async () => 2);`;
    const error = await errorOf({ 'main.ts': two });
    expect(error).toBeInstanceOf(errors.SeveralPipelinesError);
    expect(error.message).toBe(
      'main.ts has several pipelines: a, second; choose one with --pipeline',
    );
    expect(await errorOf({ 'main.ts': two }, 'main.ts', 'third')).toMatchObject({
      name: 'UnknownPipelineError',
      message: 'main.ts has no pipeline "third"; it has a, second',
    });
    expect((await project({ 'main.ts': two }).bundle('main.ts', 'second')).code.id).toBe(
      'main.ts#default',
    );
  });

  it('a pipeline declared inside a function is refused', async () => {
    const error = await errorOf({
      'main.ts': `${HEAD}export function make() {\n  return pipeline({ name: 'demo' }, async () => 1);\n}`,
    });
    expect(error).toMatchObject({
      name: 'NestedPipelineDeclarationError',
      location: { line: 3 },
      enclosing: 'function make',
    });
  });
});

describe('a component', () => {
  it.each([
    [
      'a function',
      'function make(n: number) { return component({}, () => n); }\nconst step = make(1);',
      'function make',
    ],
    [
      'an arrow function',
      'const make = (n: number) => component({}, () => n);\nconst step = make(1);',
      'a function',
    ],
    ['a block', 'let step = () => {};\n{ step = component({}, () => 1); }', 'a block'],
    [
      'a condition',
      'let step = () => {};\nif (Math.random() > 2) step = component({}, () => 1);',
      'a block',
    ],
    [
      'a class',
      'class Steps { static load = component({}, () => 1); }\nconst step = () => Steps.load();',
      'a class',
    ],
  ])('a component declared inside %s is refused', async (_, declaration, inside) => {
    const error = await errorOf({ 'main.ts': `${HEAD}${declaration}\n${MAIN}` });
    expect(error).toBeInstanceOf(errors.NestedComponentDeclarationError);
    expect(error.message).toMatch(
      new RegExp(`^main\\.ts:\\d+:\\d+: a component is declared inside ${inside},`),
    );
  });

  it('a component declared inside the pipeline or inside another component is refused', async () => {
    expect(
      await errorOf({
        'main.ts': `${HEAD}export const main = pipeline({ name: 'demo' }, async function main() { return component({}, () => 1)(); });`,
      }),
    ).toMatchObject({
      name: 'NestedComponentDeclarationError',
      enclosing: 'function main',
    });
    expect(
      await errorOf({
        'main.ts': `${HEAD}const step = component({}, function outer() { return component({}, () => 1); });\n${MAIN}`,
      }),
    ).toMatchObject({
      name: 'NestedComponentDeclarationError',
      enclosing: 'function outer',
    });
  });

  it('a component declared inside an unused function is ignored', async () => {
    const bundles = await project({
      'main.ts': `${HEAD}export function make() { return component({}, () => 1); }\nconst step = component({}, () => 1);\n${MAIN}`,
    }).bundle();
    expect(bundles.code.components).toHaveLength(1);
  });

  it.each([
    ['component({})'],
    ['component(...parts)'],
    ['component({}, () => 1, 3)'],
    ['component()'],
  ])('the unreadable declaration %s is refused', async (call) => {
    const error = await errorOf({
      'main.ts': `${HEAD}const parts = [];\nconst step = ${call};\n${MAIN}`,
    });
    expect(error).toBeInstanceOf(errors.UnreadableDeclarationError);
    expect(error.message).toMatch(/^main\.ts:3:14: this component\(…\) cannot be read/);
  });

  it('a component without a name is refused', async () => {
    const error = await errorOf({
      'main.ts': `import { pipeline } from 'headrace';\nimport step from './steps.ts';\n${MAIN}`,
      'steps.ts': `${HEAD}export default component({}, () => 1);`,
    });
    expect(error).toMatchObject({
      name: 'UnnamedDeclarationError',
      location: { file: 'steps.ts', line: 2 },
    });
  });

  it('two components with one name and different code are refused', async () => {
    const files = {
      'main.ts': `import { pipeline } from 'headrace';\nimport * as a from './a.ts';\nimport * as b from './b.ts';\nexport const main = pipeline({ name: 'demo' }, async () => [a.load(), b.load()]);`,
      'a.ts': `${HEAD}export const load = component({}, () => 1);`,
      'b.ts': `${HEAD}\nexport const load = component({}, () => 2);`,
    };
    const error = await errorOf(files);
    expect(error).toBeInstanceOf(errors.DuplicateComponentError);
    expect(error.message).toContain('"load": a.ts:2:21 and b.ts:3:21');
    const renamed = {
      ...files,
      'b.ts': files['b.ts'].replace('component({}', `component({ name: 'other' }`),
    };
    expect(
      (await project(renamed).bundle()).code.components.map((component) => component.name),
    ).toEqual(['load', 'other']);
  });
});

describe('code that cannot be bundled', () => {
  it('a step may not need a value that is awaited at the top level', async () => {
    const error = await errorOf({
      'main.ts': `${HEAD}const model = await Promise.resolve(1);\nconst step = component({}, () => model);\n${MAIN}`,
    });
    expect(error).toBeInstanceOf(errors.TopLevelAwaitError);
    expect(error.message).toMatch(/^main\.ts:2:15: component "step" needs a value that is awaited/);
  });

  it('an unused value that is awaited at the top level is ignored', async () => {
    const bundles = await project({
      'main.ts': `${HEAD}const model = await Promise.resolve('UNUSED');\nconst step = component({}, () => 1);\n${MAIN}`,
    }).bundle();
    for (const text of bundles.texts.values()) expect(text).not.toContain('UNUSED');
  });

  it.each([
    ['import.meta.url'],
    ['__dirname'],
    ['import.meta.dirname'],
    [`import.meta.resolve('./x')`],
  ])('a step may not find files beside its source by %s', async (expression) => {
    const error = await errorOf({
      'main.ts': `${HEAD}const step = component({}, () =>\n  new URL('./weights.bin', ${expression}));\n${MAIN}`,
    });
    expect(error).toBeInstanceOf(errors.RelativeAssetError);
    expect(error.message).toMatch(/^main\.ts:3:\d+: component "step" uses import\.meta/);
  });

  it('an imported asset, a missing file and a missing export are refused', async () => {
    const step = (imports: string): Record<string, string> => ({
      'main.ts': `${HEAD}${imports}\nconst step = component({}, () => x);\n${MAIN}`,
      'x.csv': 'a,b',
      'y.ts': 'export const y = 1;',
    });
    expect(await errorOf(step(`import x from './x.csv';`))).toMatchObject({
      name: 'UnsupportedImportError',
      specifier: './x.csv',
    });
    expect(await errorOf(step(`import { x } from './z.ts';`))).toMatchObject({
      name: 'UnresolvedImportError',
      message: 'main.ts:2:19: "./z.ts" leads to no file',
    });
    expect(await errorOf(step(`import { x } from './y.ts';`))).toMatchObject({
      name: 'MissingExportError',
      message: 'main.ts:2:19: y.ts does not export "x"',
    });
  });

  it('each of these errors is an UnbundlableError, and each error of the bundler a HeadraceError', async () => {
    const error = await errorOf({
      'main.ts': `${HEAD}const step = component({}, () => import.meta.url);\n${MAIN}`,
    });
    expect(error).toBeInstanceOf(errors.UnbundlableError);
    for (const each of Object.values(errors))
      if (typeof each === 'function' && each.prototype instanceof Error)
        expect(Object.getPrototypeOf(each).name).toMatch(
          /^(HeadraceError|UnbundlableError|NestedDeclarationError)$/,
        );
  });
});

describe('JSON files', () => {
  const SOURCE = `${HEAD}import data from './data.json' with { type: 'json' };\nexport const step = component({}, async () => data);\nexport const main = pipeline({ name: 'demo' }, async () => [step(), data]);`;

  it.each(['bundle', 'debug'] as const)(
    'broken JSON is refused with its file and place: %s',
    async (kind) => {
      const sample = project({ 'src/main.ts': SOURCE, 'src/data.json': '{ "a": 1,\n  "b": }' });
      const error = await sample[kind]('src/main.ts').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(errors.SourceSyntaxError);
      expect(error).toMatchObject({ location: { file: 'src/data.json', line: 2 } });
      expect(String(error)).toMatch(/src\/data\.json:2:\d+: it is not valid JSON: /);
    },
  );

  it('JSON may have a byte order mark, in steps, logic and debug mode', async () => {
    const sample = project({ 'main.ts': SOURCE, 'data.json': '\ufeff{ "a": 1 }' });
    const bundles = await sample.bundle();
    expect(await (await stepOf(bundles, 'step'))()).toEqual({ a: 1 });
    expect(await boot(bundles).main.fn()).toEqual([{ call: 'step', args: [] }, { a: 1 }]);
    const debug = await sample.debug();
    const { [debug.exportName]: main } = await load(debug.text);
    expect(typeof main === 'function' ? await Promise.all(await main()) : null).toEqual([
      { a: 1 },
      { a: 1 },
    ]);
  });
});

it.each([
  [
    'component',
    `export const step = component({}, async function* () { yield 1; });\n${MAIN}`,
    'step',
  ],
  [
    'component',
    `function* rows() { yield 1; }\nexport const step = component({}, rows);\n${MAIN}`,
    'rows',
  ],
  [
    'pipeline',
    `export const main = pipeline({ name: 'demo' }, function* () { yield 1; });`,
    'demo',
  ],
])('a generator as a %s is refused by name', async (kind, source, name) => {
  const error = await errorOf({ 'main.ts': HEAD + source });
  expect(error).toBeInstanceOf(errors.GeneratorDeclarationError);
  expect(error.message).toContain(`the function of ${kind} "${name}" is a generator (function*)`);
});

it('the path of a project may contain a question mark', async () => {
  const sample = project(
    {
      'p ipe.ts': `${HEAD}import { a } from './a.ts';\nimport data from './data.json' with { type: 'json' };\nimport { old } from './old.cjs';\nexport const step = component({}, async () => [a, data, old]);\nexport const main = pipeline({ name: 'demo' }, async () => [step(), a]);`,
      'a.ts': 'export const a: number = 1;',
      'old.cjs': `exports.old = require('./a.ts').a + 1;`,
      'data.json': '[2]',
    },
    'que?stion',
  );
  const bundles = await sample.bundle('p ipe.ts');
  expect(await (await stepOf(bundles, 'step'))()).toEqual([1, [2], 2]);
  expect(await boot(bundles).main.fn()).toEqual([{ call: 'step', args: [] }, 1]);
  const debug = await sample.debug('p ipe.ts');
  const { [debug.exportName]: main } = await load(debug.text);
  expect(typeof main === 'function' ? await Promise.all(await main()) : null).toEqual([
    [1, [2], 2],
    1,
  ]);
});
