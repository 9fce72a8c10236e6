import { describe, expect, it } from 'vitest';
import { BuiltinInLogicError, NativeInLogicError } from '../../../src/bundle/index.ts';
import { boot, componentOf, load, logicOf, packageFiles, project, textOf } from './project.ts';

const main = (imports: string, body: string): string => `
  import { component, pipeline } from 'headrace';
  ${imports}
  export const step = component({}, () => 1);
  export const main = pipeline({ name: 'demo' }, async function main() { step(); ${body} });`;

describe('packages in the logic', () => {
  it('packages are inlined in the logic, ES modules and CommonJS alike', async () => {
    const bundles = await project({
      'main.ts': main(
        `import { twice } from 'maths'; import old from 'old';`,
        'return [twice(2), old.thrice(2)];',
      ),
      ...packageFiles(
        'maths',
        '1.0.0',
        'export const twice = (n) => 2 * n; export const unused = () => "UNUSED";',
      ),
      ...packageFiles('old', '1.0.0', 'exports.thrice = (n) => 3 * n;', { type: 'commonjs' }),
    }).bundle();
    expect(await boot(bundles).main.fn()).toEqual([4, 6]);
    expect(logicOf(bundles)).not.toContain('UNUSED');
    expect(bundles.code.logic.packages).toEqual([]);
  });

  it('the logic imports the ES module of a package, and a CommonJS package requires its CommonJS', async () => {
    const dual = { exports: { import: './index.js', require: './index.cjs' } };
    const bundles = await project({
      'main.ts': main(
        `import { form } from 'dual'; import other from 'requires';`,
        'return [form, other];',
      ),
      ...packageFiles('dual', '1.0.0', `export const form = 'import';`, dual),
      'node_modules/dual/index.cjs': `exports.form = 'require';`,
      ...packageFiles('requires', '1.0.0', `module.exports = require('dual').form;`, {
        type: 'commonjs',
      }),
    }).bundle();
    expect(await boot(bundles).main.fn()).toEqual(['import', 'require']);
  });

  it('a package in the logic may try to require a builtin', async () => {
    const bundles = await project({
      'main.ts': main(`import random from 'random';`, 'return random();'),
      ...packageFiles(
        'random',
        '1.0.0',
        `let crypto; try { crypto = require('crypto'); } catch {} module.exports = () => (crypto ? 'crypto' : 'without');`,
        {
          type: 'commonjs',
        },
      ),
    }).bundle();
    expect(await boot(bundles).main.fn()).toBe('without');
  });

  it('a package in the logic may try to require a package that is not installed', async () => {
    const bundles = await project({
      'main.ts': main(`import name from 'choosy';`, 'return name;'),
      ...packageFiles(
        'choosy',
        '1.0.0',
        `let found = 'without'; try { found = require('not-installed').name; } catch {} module.exports = found;`,
        {
          type: 'commonjs',
        },
      ),
    }).bundle();
    expect(await boot(bundles).main.fn()).toBe('without');
  });

  it('packages that the logic imports only for effects outside the process are left out', async () => {
    const bundles = await project({
      'main.ts': main(
        `import 'dotenv/config'; import 'polyfill';`,
        'return (globalThis as any).polyfilled;',
      ),
      ...packageFiles('dotenv', '1.0.0', '', { type: 'commonjs' }),
      'node_modules/dotenv/config.js': `require('fs').readFileSync('.env');`,
      ...packageFiles('polyfill', '1.0.0', 'globalThis.polyfilled = true;'),
    }).bundle();
    expect(await boot(bundles).main.fn()).toBe(true);
    expect(componentOf(bundles, 'step').bundle.packages.map((each) => each.name)).toEqual([
      'dotenv',
      'polyfill',
    ]);
  });

  it('a package in the logic that uses a builtin is refused, with the path to it', async () => {
    const sample = project({
      'src/main.ts': main(`import { read } from 'files';`, `return read('x');`),
      ...packageFiles(
        'files',
        '1.0.0',
        `import { readFileSync } from 'node:fs'; export const read = (file) => readFileSync(file);`,
      ),
    });
    const error = await sample.bundle('src/main.ts').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BuiltinInLogicError);
    expect(error).toMatchObject({
      builtin: 'fs',
      message: expect.stringMatching(
        /^src\/main\.ts \(by way of the package files\): .*"fs".*move what needs it into a component$/,
      ),
    });
  });

  it('a builtin that tree shaking removes is not refused', async () => {
    const bundles = await project({
      'main.ts': main(`import { pure } from 'files';`, 'return pure();'),
      ...packageFiles(
        'files',
        '1.0.0',
        `import { readFileSync } from 'node:fs'; export const read = (file) => readFileSync(file); export const pure = () => 'pure';`,
      ),
    }).bundle();
    expect(await boot(bundles).main.fn()).toBe('pure');
  });

  it('a native package in the logic is refused', async () => {
    const sample = project({
      'main.ts': main(`import { fast } from 'native';`, 'return fast();'),
      ...packageFiles(
        'native',
        '1.0.0',
        `import binding from './build/fast.node'; export const fast = () => binding.fast();`,
      ),
      'node_modules/native/build/fast.node': '\u007fELF',
    });
    await expect(sample.bundle()).rejects.toThrow(NativeInLogicError);
  });
});

describe('builtins in the logic', () => {
  it.each([
    [
      'an import',
      `import { readFileSync } from 'node:fs';`,
      `return readFileSync('x');`,
      'node:fs',
    ],
    ['an import without node:', `import fs from 'fs';`, `return fs.readFileSync('x');`, 'fs'],
    ['a dynamic import', '', `return await import('node:os');`, 'node:os'],
    [
      'an import of a helper',
      `import { read } from './helper.ts';`,
      'return read();',
      'node:fs/promises',
    ],
  ])('a builtin in the logic is refused by name: %s', async (_, imports, body, builtin) => {
    const sample = project({
      'main.ts': main(imports, body),
      'helper.ts': `import { readFile } from 'node:fs/promises';\nexport const read = () => readFile('x');`,
    });
    const error = await sample.bundle().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BuiltinInLogicError);
    expect(error).toMatchObject({
      builtin,
      message: expect.stringMatching(
        /^(main|helper)\.ts:\d+:\d+: .*move what needs it into a component$/,
      ),
    });
  });

  it('a builtin that only components use is accepted', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        import { tmpdir } from 'node:os';
        export const step = component({}, () => tmpdir());
        export const main = pipeline({ name: 'demo' }, async () => step());`,
    }).bundle();
    expect(logicOf(bundles)).not.toContain('tmpdir');
    expect(textOf(bundles, 'step')).toContain('from "node:os"');
  });

  it('the logic gets Headrace’s form of the builtins that it offers', async () => {
    const bundles = await project({
      'main.ts': main(
        `import path, { join } from 'node:path';`,
        `return [join('a', 'b'), path.join('c', 'd')];`,
      ),
    }).bundle();
    expect(await boot(bundles).main.fn()).toEqual(['a/b', 'c/d']);
  });
});

describe('serializers', () => {
  const withOptions = (options: string): string => `
    import { component, pipeline } from 'headrace';
    import { gzipSync, gunzipSync } from 'node:zlib';
    import { pack } from './pack.ts';
    export const step = component({}, () => 1);
    export const main = pipeline(${options}, async () => step());`;
  const pack = 'export const pack = (value: unknown) => JSON.stringify(value);';

  it('serializers are a bundle of their own', async () => {
    const main = withOptions(
      `{ name: 'demo', artifactSerializer: (value: unknown) => gzipSync(pack(value)), artifactDeserializer(bytes: Uint8Array) { return JSON.parse(String(gunzipSync(bytes))); } }`,
    );
    const bundles = await project({ 'main.ts': main, 'pack.ts': pack }).bundle();
    const { serializer, deserializer } = await load(
      bundles.texts.get(bundles.code.serializers?.key ?? '') ?? '',
    );
    if (typeof serializer !== 'function' || typeof deserializer !== 'function')
      throw new Error('the bundle exports no serializers');
    expect(deserializer(serializer({ a: [1] }))).toEqual({ a: [1] });
  });

  it('the bundle of a step contains the serializers, which share the step’s classes', async () => {
    const main = withOptions(
      `{ name: 'demo', artifactSerializer: (value: unknown) => [value instanceof Point, pack(value)], artifactDeserializer: () => new Point() }`,
    ).replace('export const step', 'class Point { x = 4 }\nexport const step');
    const bundles = await project({
      'main.ts': main.replace(/component\(\{\}, [^\n]*\);/, 'component({}, () => new Point());'),
      'pack.ts': pack,
    }).bundle();
    const { default: step, serializer, deserializer } = await load(textOf(bundles, 'step'));
    if (
      typeof step !== 'function' ||
      typeof serializer !== 'function' ||
      typeof deserializer !== 'function'
    )
      throw new Error('the bundle exports no step or no serializers');
    expect(serializer(step())).toEqual([true, '{"x":4}']);
    expect(deserializer().constructor).toBe(step().constructor);
  });

  it('the logic declares serializers, and a builtin in them fails only when they run', async () => {
    const main = withOptions(
      `{ name: 'demo', artifactSerializer: (value: unknown) => gzipSync(pack(value)), artifactDeserializer: (bytes: Uint8Array) => gunzipSync(bytes) }`,
    );
    const { main: booted } = boot(await project({ 'main.ts': main, 'pack.ts': pack }).bundle());
    expect(booted.options).toMatchObject({
      artifactSerializer: expect.any(Function),
      artifactDeserializer: expect.any(Function),
    });
    const { artifactDeserializer } = booted.options;
    expect(() => typeof artifactDeserializer === 'function' && artifactDeserializer()).toThrow(
      /artifactDeserializer cannot run in its logic.*node:zlib/,
    );
  });

  it('serializers may be in a constant', async () => {
    const options = `const options = { name: 'demo', artifactSerializer: (value: unknown) => gzipSync(pack(value)), artifactDeserializer: pack } as const;`;
    const main = withOptions('options').replace(
      'export const step',
      `${options}\nexport const step`,
    );
    const bundles = await project({ 'main.ts': main, 'pack.ts': pack }).bundle();
    const { artifactDeserializer } = boot(bundles).main.options;
    expect(typeof artifactDeserializer === 'function' && artifactDeserializer([1])).toBe('[1]');
    const { serializer } = await load(bundles.texts.get(bundles.code.serializers?.key ?? '') ?? '');
    expect(typeof serializer === 'function' && serializer([1])).toBeInstanceOf(Uint8Array);
  });

  it('serializers may be in options that a function returns', async () => {
    const main = withOptions('makeOptions()');
    const more = `function makeOptions() { return { name: 'demo', artifactSerializer: pack }; }`;
    const bundles = await project({ 'main.ts': `${main}\n${more}`, 'pack.ts': pack }).bundle();
    const exported = await load(bundles.texts.get(bundles.code.serializers?.key ?? '') ?? '');
    expect(exported).toMatchObject({ serializer: expect.any(Function), deserializer: undefined });
  });

  it('a pipeline without serializers has none in its code', async () => {
    const bundles = await project({
      'main.ts': withOptions(`{ name: 'demo' }`),
      'pack.ts': pack,
    }).bundle();
    expect(bundles.code.serializers).toBeNull();
  });
});
