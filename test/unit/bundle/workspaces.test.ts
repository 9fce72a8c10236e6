/** Linked packages, packages with components, and the versions behind a package. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeLogic } from '../../../src/evaluator/describe-logic.ts';
import { compile } from '../../../src/submit/compile.ts';
import {
  boot,
  componentOf,
  hashes,
  load,
  type Project,
  packageFiles,
  project,
  stepOf,
  textOf,
} from './project.ts';

const MAIN = (imports: string, body: string): string => `
  import { component, pipeline } from 'headrace';
  ${imports}
  export const step = component({}, async function step() { ${body} });
  export const main = pipeline({ name: 'demo' }, async () => step());`;

/** Links `node_modules/<name>` of a folder of the project to another folder of it. */
function link(sample: Project, name: string, target: string, from = ''): void {
  const path = sample.path(`${from}node_modules/${name}`);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(sample.path(target), path);
}

const manifest = (name: string, more: object = {}): string =>
  JSON.stringify({ name, version: '1.0.0', type: 'module', ...more });

/** A monorepo: the application imports TypeScript sources of two linked packages. */
function monorepo(planet = 'World'): Project {
  const sample = project({
    'package.json': '{ "workspaces": ["packages/*", "apps/*"] }',
    'apps/one/package.json': manifest('one'),
    'apps/one/main.ts': `
      import { component, pipeline } from 'headrace';
      import { greet } from '@acme/greetings';
      import { load } from '@acme/steps';
      export const step = component({}, async function step() { return greet(); });
      export const main = pipeline({ name: 'demo' }, async () => [load('x'), step(), greet()]);`,
    'packages/greetings/package.json': manifest('@acme/greetings', { exports: './src/index.ts' }),
    'packages/greetings/src/index.ts': `export { greet } from './greet.js';`,
    'packages/greetings/src/greet.ts': `import { name } from 'planets'; export const greet = (): string => 'Hello ' + name();`,
    'packages/planets/package.json': manifest('planets', { main: 'index.ts' }),
    'packages/planets/index.ts': `export const name = (): string => '${planet}';`,
    'packages/steps/package.json': manifest('@acme/steps', { exports: './src/index.ts' }),
    'packages/steps/src/index.ts': `
      import { component } from 'headrace';
      import { parse } from 'csv';
      export const load = component({}, async (url: string) => parse(url));`,
    'packages/steps/node_modules/csv/package.json': manifest('csv', {
      version: '3.2.1',
      main: 'index.js',
    }),
    'packages/steps/node_modules/csv/index.js': 'export const parse = (text) => [text];',
  });
  link(sample, '@acme/greetings', 'packages/greetings');
  link(sample, '@acme/steps', 'packages/steps');
  link(sample, 'planets', 'packages/planets', 'packages/greetings/');
  return sample;
}

describe('linked packages of a workspace', () => {
  it('TypeScript sources of linked packages are code of the steps and of the logic', async () => {
    const bundles = await monorepo().bundle('apps/one/main.ts');
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([]);
    expect(await (await stepOf(bundles, 'step'))()).toBe('Hello World');
    expect(await boot(bundles).main.fn()).toEqual([
      { call: 'load', args: ['x'] },
      { call: 'step', args: [] },
      'Hello World',
    ]);
  });

  it('a change in a linked package changes the hashes of the steps that use it', async () => {
    const before = hashes(await monorepo().bundle('apps/one/main.ts'));
    const after = hashes(await monorepo('Mars').bundle('apps/one/main.ts'));
    expect(after.step).not.toBe(before.step);
    expect(after.load).toBe(before.load);
  });

  it('a component of a linked package is bundled, with the packages that the package has', async () => {
    const bundles = await monorepo().bundle('apps/one/main.ts');
    const component = componentOf(bundles, 'load');
    expect(component.id).toBe('../../packages/steps/src/index.ts#load');
    expect(component.bundle.packages).toEqual([{ name: 'csv', version: '3.2.1' }]);
    expect(await (await stepOf(bundles, 'load'))('x')).toEqual(['x']);
  });

  it('the debug bundle contains the TypeScript sources of linked packages', async () => {
    const bundle = await monorepo().debug('apps/one/main.ts');
    const { [bundle.exportName]: main } = await load(bundle.text);
    if (typeof main !== 'function') throw new Error('the bundle exports no pipeline');
    const [rows, step, logic] = await main();
    expect([await rows, await step, logic]).toEqual([['x'], 'Hello World', 'Hello World']);
  });

  it('the layout of pnpm: links into a store below node_modules are packages', async () => {
    const store = 'node_modules/.pnpm/dep@1.0.0/node_modules';
    const sample = project({
      'main.ts': MAIN(`import { a } from 'dep';`, 'return a;'),
      [`${store}/dep/package.json`]: manifest('dep', {
        main: 'index.js',
        dependencies: { deep: '^2' },
      }),
      [`${store}/dep/index.js`]: `export { a } from 'deep';`,
      'node_modules/.pnpm/deep@2.4.0/node_modules/deep/package.json': manifest('deep', {
        version: '2.4.0',
        main: 'index.js',
      }),
      'node_modules/.pnpm/deep@2.4.0/node_modules/deep/index.js': 'export const a = 1;',
    });
    link(sample, 'dep', `${store}/dep`);
    symlinkSync(
      sample.path('node_modules/.pnpm/deep@2.4.0/node_modules/deep'),
      sample.path(`${store}/deep`),
    );
    const bundles = await sample.bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([
      { name: 'dep', version: '1.0.0', dependencies: { deep: '2.4.0' } },
    ]);
    expect(await (await stepOf(bundles, 'step'))()).toBe(1);
  });

  it('a package that pnpm copies from the workspace is code', async () => {
    const copy = 'node_modules/.pnpm/@acme+b@file+packages+b/node_modules/@acme/b';
    const sample = project({
      'main.ts': MAIN(`import { b } from '@acme/b';`, 'return b;'),
      [`${copy}/package.json`]: manifest('@acme/b', { main: 'index.ts' }),
      [`${copy}/index.ts`]: 'export const b: number = 2;',
    });
    link(sample, '@acme/b', copy);
    const bundles = await sample.bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([]);
    expect(await (await stepOf(bundles, 'step'))()).toBe(2);
  });

  it('a package that depends on a linked one is code, too', async () => {
    const sample = project({
      'main.ts': MAIN(`import { twice } from 'plugin';`, 'return twice;'),
      'core/package.json': manifest('core', { main: 'index.ts' }),
      'core/index.ts': 'export const one: number = 1;',
      ...packageFiles(
        'plugin',
        '1.0.0',
        `import { one } from 'core'; export const twice = 2 * one;`,
        {
          dependencies: { core: '*' },
        },
      ),
    });
    link(sample, 'core', 'core');
    const bundles = await sample.bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([]);
    expect(await (await stepOf(bundles, 'step'))()).toBe(2);
  });
});

const PEER = { peerDependencies: { headrace: '*' } };

/** The same component as ES modules and as three compilers write it in CommonJS. */
const COMPILED: [string, string, object, string][] = [
  [
    'an ES module',
    `import { component } from 'headrace'; import { shout } from './shout.js';
     export const load = component({ returnValues: ['rows'] }, async (url, { times = 2 } = {}) => shout(url.repeat(times)));`,
    { type: 'module' },
    'export const shout = (text) => text.toUpperCase();',
  ],
  [
    'CommonJS of tsc',
    `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.load = void 0;
     const headrace_1 = require("headrace"); const shout_1 = require("./shout.js");
     exports.load = (0, headrace_1.component)({ returnValues: ['rows'] }, async (url, { times = 2 } = {}) => (0, shout_1.shout)(url.repeat(times)));`,
    { type: 'commonjs' },
    `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.shout = (text) => text.toUpperCase();`,
  ],
  [
    'CommonJS of esbuild',
    `var __defProp = Object.defineProperty; var __export = (target, all) => { for (var name in all) __defProp(target, name, { get: all[name], enumerable: true }); };
     var index_exports = {}; __export(index_exports, { load: () => load });
     module.exports = Object.defineProperty(index_exports, "__esModule", { value: true });
     var import_headrace = require("headrace"); var import_shout = require("./shout.js");
     const load = (0, import_headrace.component)({ returnValues: ["rows"] }, async (url, { times = 2 } = {}) => (0, import_shout.shout)(url.repeat(times)));`,
    { type: 'commonjs' },
    'module.exports = { shout: (text) => text.toUpperCase() };',
  ],
  [
    'CommonJS of Babel',
    `"use strict"; Object.defineProperty(exports, "__esModule", { value: true });
     Object.defineProperty(exports, "load", { enumerable: true, get: function () { return load; } });
     const _headrace = _interop_require_wildcard(require("headrace")); const _shout = require("./shout.js");
     function _interop_require_wildcard(obj) { return obj; }
     const load = _headrace.component({ returnValues: ['rows'] }, run);
     async function run(url, { times = 2 } = {}) { return (0, _shout.shout)(url.repeat(times)); }`,
    { type: 'commonjs' },
    'exports.shout = (text) => text.toUpperCase();',
  ],
];

describe('components in packages', () => {
  it.each(COMPILED)('a component of a package may be %s', async (_, text, type, shout) => {
    const sample = project({
      'main.ts': `
        import { pipeline } from 'headrace';
        import { load } from '@acme/steps';
        export const main = pipeline({ name: 'demo' }, async () => load('ab'));`,
      ...packageFiles('@acme/steps', '1.4.0', text, { ...type, ...PEER }),
      'node_modules/@acme/steps/shout.js': shout,
    });
    const bundles = await sample.bundle();
    const component = bundles.code.components[0];
    expect(component).toMatchObject({
      id: 'node_modules/@acme/steps/index.js#load',
      name: expect.stringMatching(/^(load|run)$/),
      signature: { parameters: [{ name: 'url' }, {}] },
      bundle: { packages: [] },
    });
    const name = component?.name ?? '';
    expect(await (await stepOf(bundles, name))('ab', {})).toBe('ABAB');
    expect(textOf(bundles, name)).not.toContain('from "headrace"');
    expect(await boot(bundles).main.fn()).toEqual({ call: name, args: ['ab'] });
    expect(boot(bundles).declared).toEqual([
      expect.objectContaining({ options: { returnValues: ['rows'] }, fn: undefined }),
    ]);
    const debug = await sample.debug();
    const { [debug.exportName]: main } = await load(debug.text);
    expect(typeof main === 'function' ? await main() : undefined).toBe('ABAB');
  });

  it('a change of any file that a CommonJS component requires changes its hash', async () => {
    const [, text = '', type = {}, shout = ''] = COMPILED[1] ?? [];
    const files = (more: string) => ({
      'main.ts': `
        import { pipeline } from 'headrace';
        import { load } from '@acme/steps';
        export const main = pipeline({ name: 'demo' }, async () => load('ab'));`,
      ...packageFiles('@acme/steps', '1.4.0', text, { ...type, ...PEER }),
      'node_modules/@acme/steps/shout.js': shout + more,
    });
    const before = hashes(await project(files('')).bundle());
    const after = hashes(await project(files('exports.more = 1;')).bundle());
    expect(after.load).not.toBe(before.load);
  });

  it('a package whose manifest does not name headrace is named, with the place', async () => {
    const sample = project({
      'main.ts': `
        import { pipeline } from 'headrace';
        import { load } from 'rogue';
        export const main = pipeline({ name: 'demo' }, async () => load('ab'));`,
      ...packageFiles(
        'rogue',
        '1.0.0',
        `import { component } from 'headrace'; export const load = component({}, async () => 1);`,
      ),
    });
    await expect(compile({ file: sample.path('main.ts') })).rejects.toThrow(
      'package rogue (node_modules/rogue/index.js) declares a component, but its package.json does not name headrace, so the bundler does not read it: add headrace to the peerDependencies of the package',
    );
  });

  it('a component inside a function of a package is refused with its file and line', async () => {
    const sample = project({
      'main.ts': `
        import { pipeline } from 'headrace';
        import { load } from '@acme/lazy';
        export const main = pipeline({ name: 'demo' }, async () => load('ab'));`,
      ...packageFiles(
        '@acme/lazy',
        '1.0.0',
        `const { component } = require('headrace');\nconst make = () => component({}, async () => 1);\nexports.load = make();`,
        { type: 'commonjs', ...PEER },
      ),
    });
    await expect(compile({ file: sample.path('main.ts') })).rejects.toThrow(
      /^node_modules\/@acme\/lazy\/index\.js:2:\d+: a component is declared inside a function/,
    );
  });
});

describe('the versions behind a package', () => {
  const DEPENDENT = {
    'main.ts': MAIN(`import { a } from 'a';`, 'return a;'),
    ...packageFiles('a', '1.0.0', 'export const a = 1;', {
      dependencies: { b: '^1', c: '^1' },
      peerDependencies: { d: '*' },
      optionalDependencies: { 'only-here': '1', absent: '1' },
    }),
    ...packageFiles('b', '1.0.0', '', { dependencies: { d: '^1' } }),
    ...packageFiles('c', '1.0.0', '', { dependencies: { d: '^2', a: '*' } }),
    ...packageFiles('d', '1.5.0', ''),
    'node_modules/c/node_modules/d/package.json': manifest('d', { version: '2.0.0' }),
    ...packageFiles('only-here', '1.0.0', '', { os: ['linux'] }),
  };

  it('all versions that a package needs are found, without those of one platform', async () => {
    const bundles = await project(DEPENDENT).bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([
      {
        name: 'a',
        version: '1.0.0',
        dependencies: {
          a: '1.0.0',
          b: '1.0.0',
          'b@1.0.0>d': '1.5.0',
          c: '1.0.0',
          'c@1.0.0>d': '2.0.0',
          d: '1.5.0',
        },
      },
    ]);
  });

  it('another version of a transitive package changes the packages and the code of the pipeline', async () => {
    const file = (files: Record<string, string>) =>
      compile({ file: project(files).path('main.ts') });
    const before = await file(DEPENDENT);
    const after = await file({ ...DEPENDENT, ...packageFiles('b', '1.0.1', '') });
    expect(after.code.components[0]?.bundle.hash).toBe(before.code.components[0]?.bundle.hash);
    expect(after.code.components[0]?.bundle.packages).not.toEqual(
      before.code.components[0]?.bundle.packages,
    );
    expect(after.code.hash).not.toBe(before.code.hash);
    expect((await file(DEPENDENT)).code.hash).toBe(before.code.hash);
  });

  it('an alias and a package of a repository have versions that a container can install', async () => {
    const bundles = await project({
      'package.json': JSON.stringify({
        type: 'module',
        dependencies: { old: 'npm:dep@^1', forked: 'github:acme/forked#v2' },
      }),
      'main.ts': MAIN(`import { a } from 'old'; import { b } from 'forked';`, 'return [a, b];'),
      ...packageFiles('old', '1.2.0', 'export const a = 1;', { name: 'dep' }),
      ...packageFiles('forked', '2.0.0', 'export const b = 2;'),
    }).bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([
      { name: 'forked', version: 'github:acme/forked#v2' },
      { name: 'old', version: 'npm:dep@1.2.0' },
    ]);
  });
});

describe('the option packages in a workspace', () => {
  const files = (option: string) => ({
    'package.json': manifest('one', { dependencies: { '@acme/b': '^1.0.0', dep: '^1' } }),
    'main.ts': `
      import { component, pipeline } from 'headrace';
      export const step = component({ packages: ${option} }, async function step() { return 1; });
      export const main = pipeline({ name: 'demo' }, async () => step());`,
    'packages/b/package.json': manifest('@acme/b'),
    ...packageFiles('dep', '1.0.0', ''),
  });

  it('a manifest adds no linked package to what a container installs', async () => {
    const sample = project(files(`'./package.json'`));
    link(sample, '@acme/b', 'packages/b');
    const { code } = await compile({ file: sample.path('main.ts') });
    expect(code.components[0]?.bundle.packages).toEqual([{ name: 'dep', version: '^1' }]);
  });

  it('a linked package in the list is refused by name', async () => {
    const sample = project(files(`['@acme/b']`));
    link(sample, '@acme/b', 'packages/b');
    await expect(compile({ file: sample.path('main.ts') })).rejects.toThrow(
      /option packages of component step: "@acme\/b" is a package of this workspace, in .*packages\/b, and no registry has it/,
    );
  });
});

it('the logic of a package that declares components is described like the project’s own', async () => {
  const [, text = '', type = {}, shout = ''] = COMPILED[1] ?? [];
  const sample = project({
    'main.ts': `
      import { pipeline } from 'headrace';
      import { load } from '@acme/steps';
      export const main = pipeline({ name: 'demo' }, async () => load('ab'));`,
    ...packageFiles('@acme/steps', '1.4.0', text, { ...type, ...PEER }),
    'node_modules/@acme/steps/shout.js': shout,
  });
  const { code, texts } = await compile({ file: sample.path('main.ts') });
  expect(await describeLogic(texts.get(code.logic.key) ?? '')).toMatchObject({
    components: [{ id: 'node_modules/@acme/steps/index.js#load', name: 'load' }],
  });
});
