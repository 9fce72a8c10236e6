import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AmbiguousPackageError, UnresolvedPackageError } from '../../../src/bundle/index.ts';
import { materialize } from '../../../src/bundle/materialize.ts';
import { componentOf, packageFiles, project, stepOf, textOf } from './project.ts';

const main = (imports: string, body: string): string => `
  import { component, pipeline } from 'headrace';
  ${imports}
  export const step = component({}, async function step() { ${body} });
  export const other = component({}, async () => (await import('unneeded')).default);
  export const main = pipeline({ name: 'demo' }, async () => step());`;

describe('packages that a step imports', () => {
  it('packages stay external, with their exact versions and their files on this machine', async () => {
    const sample = project({
      'main.ts': main(
        `import csv from 'csv'; import { deep } from '@scope/name/deep/er.js';`,
        `const { late } = await import('late/sync'); return [csv(), deep, late];`,
      ),
      ...packageFiles('csv', '1.2.3', `export default () => 'csv';`),
      ...packageFiles('@scope/name', '4.5.6-beta.1', '', { exports: { './deep/*': './lib/*' } }),
      'node_modules/@scope/name/lib/er.js': `export const deep = 'deep';`,
      ...packageFiles('late', '7.0.0', '', {
        exports: { './sync': { import: './sync.mjs', require: './sync.cjs' } },
      }),
      'node_modules/late/sync.mjs': `export const late = 'late';`,
    });
    const bundles = await sample.bundle();
    const { bundle } = componentOf(bundles, 'step');
    expect(bundle.packages).toEqual([
      { name: '@scope/name', version: '4.5.6-beta.1' },
      { name: 'csv', version: '1.2.3' },
      { name: 'late', version: '7.0.0' },
    ]);
    expect(bundle.resolvedImports).toEqual({
      '@scope/name/deep/er.js': sample.path('node_modules/@scope/name/lib/er.js'),
      csv: sample.path('node_modules/csv/index.js'),
      'late/sync': sample.path('node_modules/late/sync.mjs'),
    });
    expect(await (await stepOf(bundles, 'step'))()).toEqual(['csv', 'deep', 'late']);
  });

  it('type imports and code that tree shaking removes need no package', async () => {
    const bundles = await project({
      'main.ts': main(
        `import unused from 'unused'; import type { T } from 'types'; import { type U } from 'types'; const x = unused();`,
        'const t: T | U | undefined = undefined; return t;',
      ),
    }).bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([]);
    expect(textOf(bundles, 'step')).not.toContain('import');
  });

  it('a package that is imported for its effects is recorded', async () => {
    const bundles = await project({
      'main.ts': main(`import 'polyfill';`, 'return (globalThis as any).polyfilled;'),
      ...packageFiles('polyfill', '1.0.0', 'globalThis.polyfilled = true;'),
    }).bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([
      { name: 'polyfill', version: '1.0.0' },
    ]);
    expect(await (await stepOf(bundles, 'step'))()).toBe(true);
  });

  it('a package may be CommonJS or native, and data may be JSON', async () => {
    const sample = project({
      'main.ts': main(
        `import old from 'old'; import { fast } from 'native'; import data from './data.json' with { type: 'json' };`,
        'return [old.three, fast, data.list[0]];',
      ),
      'data.json': '{ "list": ["from JSON"], "other": "UNUSED" }',
      ...packageFiles('old', '1.0.0', 'exports.three = 3;', { type: 'commonjs' }),
      ...packageFiles('native', '2.0.0', 'export const fast = typeof process.dlopen;'),
    });
    const bundles = await sample.bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([
      { name: 'native', version: '2.0.0' },
      { name: 'old', version: '1.0.0' },
    ]);
    expect(await (await stepOf(bundles, 'step'))()).toEqual([3, 'function', 'from JSON']);
  });

  it('a missing package is refused with the command to install it, unless it is unused', async () => {
    const sample = project({
      'src/main.ts': main(`import { x } from '@org/pkg/deep';`, 'return x;'),
    });
    const error = await sample.bundle('src/main.ts').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnresolvedPackageError);
    expect(error).toMatchObject({
      packageName: '@org/pkg',
      message: expect.stringMatching(
        /^src\/main\.ts:3:\d+: "@org\/pkg\/deep" is not installed .*run: npm i @org\/pkg$/,
      ),
    });
    const fine = project({ 'main.ts': main(`import { x } from '@org/pkg/deep';`, 'return 1;') });
    expect((await fine.bundle()).code.components).toHaveLength(1);
  });

  it('two versions of a package in one bundle are refused', async () => {
    const sample = project({
      'main.ts': main(
        `import { a } from 'dep'; import { b } from './part/b.ts';`,
        'return [a, b];',
      ),
      ...packageFiles('dep', '1.0.0', 'export const a = 1;'),
      'part/b.ts': `export { a as b } from 'dep';`,
      'part/node_modules/dep/package.json':
        '{ "name": "dep", "version": "2.0.0", "type": "module", "main": "index.js" }',
      'part/node_modules/dep/index.js': 'export const a = 2;',
    });
    await expect(sample.bundle()).rejects.toThrow(AmbiguousPackageError);
  });
});

describe('files of the project', () => {
  it('files are found by path aliases of an extended tsconfig and by #imports', async () => {
    const bundles = await project({
      'src/main.ts': main(
        `import { a } from '@lib/a'; import { b } from 'shared'; import { c } from '#c'; import { d } from './lib/d.js'; import { e } from './lib';`,
        'return [a, b, c, d, e];',
      ),
      'src/lib/a.ts': 'export const a = 1;',
      'src/shared/index.ts': 'export const b = 2;',
      'src/c.ts': 'export const c = 3;',
      'src/lib/d.ts': 'export const d = 4;',
      'src/lib/index.ts': 'export const e = 5;',
      'package.json': '{ "name": "sample", "type": "module", "imports": { "#c": "./src/c.ts" } }',
      'tsconfig.base.json':
        '{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["src/lib/*"], "shared": ["src/shared/index.ts"] } } }',
      'tsconfig.json': '{ "extends": "./tsconfig.base.json" }',
    }).bundle('src/main.ts');
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([]);
    expect(await (await stepOf(bundles, 'step'))()).toEqual([1, 2, 3, 4, 5]);
  });

  it('a file of the project may be CommonJS and require packages', async () => {
    const bundles = await project({
      'main.ts': main(`import old from './old.cjs';`, 'return old.answer();'),
      'old.cjs': `const dep = require('dep'); const { join } = require('node:path'); exports.answer = () => join(dep.name, 'x');`,
      ...packageFiles('dep', '1.0.0', `exports.name = 'dep';`, { type: 'commonjs' }),
    }).bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([
      { name: 'dep', version: '1.0.0' },
    ]);
    expect(await (await stepOf(bundles, 'step'))()).toBe('dep/x');
  });

  it('a file of the project may call require', async () => {
    const bundles = await project({
      'main.ts': main(
        '',
        `const { a } = require('./a.ts'); const dep = require('dep'); return [a, dep.name];`,
      ),
      'a.ts': 'export const a = 1;',
      ...packageFiles('dep', '1.0.0', `exports.name = 'dep';`, { type: 'commonjs' }),
    }).bundle();
    expect(componentOf(bundles, 'step').bundle.packages).toEqual([
      { name: 'dep', version: '1.0.0' },
    ]);
    expect(await (await stepOf(bundles, 'step'))()).toEqual([1, 'dep']);
  });

  it('files are named relative to the nearest package.json', async () => {
    const bundles = await project({
      'apps/one/package.json': '{ "name": "one" }',
      'apps/one/src/main.ts': main(`import { up } from '../../../shared/up.ts';`, 'return up();'),
      'shared/up.ts': 'export const up = () => 1;',
    }).bundle('apps/one/src/main.ts');
    expect(bundles.code.id).toBe('src/main.ts#main');
    expect(bundles.code.projectRoot.endsWith('/apps/one')).toBe(true);
    expect(bundles.modules.get('src/main.ts#step')?.map((share) => share.file)).toEqual([
      '../../shared/up.ts',
      'src/main.ts',
    ]);
  });
});

describe('materialize', () => {
  it('materialize replaces only the imports of a text by file URLs', () => {
    const file = dirname(import.meta.dirname);
    const text = [
      'import a from "dep";',
      'export * from "dep";',
      'const s = `import a from "dep";`;',
      'const t = "import(\\"dep\\")";',
      'const d = () => import("dep");',
      'import b from "other";',
    ].join('\n');
    const url = JSON.stringify(pathToFileURL(file).href);
    expect(materialize(text, { dep: file })).toBe(
      [
        `import a from ${url};`,
        `export * from ${url};`,
        'const s = `import a from "dep";`;',
        'const t = "import(\\"dep\\")";',
        `const d = () => import(${url});`,
        'import b from "other";',
      ].join('\n'),
    );
  });

  it('materialize keeps import attributes', () => {
    expect(
      materialize('import a from "dep/x.json" with { type: "json" };', {
        'dep/x.json': '/a b/x.json',
      }),
    ).toBe('import a from "file:///a%20b/x.json" with { type: "json" };');
  });
});
