import { describe, expect, it } from 'vitest';
import { UnresolvedPackageError } from '../../../src/bundle/index.ts';
import { load, packageFiles, project } from './project.ts';

const FILES = {
  'src/main.ts': `import { component, PipelineDecorator, pipeline } from 'headrace';
import { readFileSync } from 'node:fs';
import { helper } from '@lib/helper';
import { name } from 'dep';
interface Point { x: number }
export const load = component(
  { cache: true },
  async function load(url: string) {
    return [url, helper(), name, readFileSync(new URL('./asset.txt', import.meta.url), 'utf8')];
  },
);
export const fail = component({}, (point: Point) => { throw new Error('at line 12'); });
export const main = pipeline({ name: 'demo' }, async function main(url: string) {
  return await load(url);
});
export const both = pipeline({ name: 'both' }, async () => fail({ x: 1 }));
PipelineDecorator.runLocally();
const result = await main('LAUNCH');
console.log(result);
`,
  'src/asset.txt': 'asset',
  'src/lib/helper.ts': `export const helper = () => 'helper';`,
  'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./src/lib/*"] } } }',
  ...packageFiles('dep', '1.0.0', `export const name = 'dep';`),
};

async function exported(files: Record<string, string>, file: string, pipeline?: string) {
  const bundle = await project(files).debug(file, pipeline);
  const { [bundle.exportName]: main } = await load(bundle.text);
  if (typeof main !== 'function') throw new Error('the bundle exports no pipeline');
  return { bundle, main };
}

describe('the debug bundle', () => {
  it('the debug bundle contains the functions and starts no run', async () => {
    const { bundle, main } = await exported(FILES, 'src/main.ts', 'main');
    expect(Reflect.get(globalThis, 'launched')).toBeUndefined();
    expect(await main('x')).toEqual(['x', 'helper', 'dep', 'asset']);
    expect(Reflect.get(main, 'meta')).toEqual({ id: 'src/main.ts#main', name: 'demo' });
    expect(bundle).toMatchObject({ id: 'src/main.ts#main', name: 'demo' });
    expect(bundle.text.slice(0, bundle.text.indexOf('//# sourceMappingURL'))).not.toContain(
      'LAUNCH',
    );
    expect(bundle.text).toContain('"parameters":');
  });

  it('the debug bundle has a source map to the user’s lines', async () => {
    const { text } = await project(FILES).debug('src/main.ts', 'both');
    const map: unknown = JSON.parse(
      Buffer.from(text.slice(text.lastIndexOf('base64,') + 7), 'base64').toString(),
    );
    expect(map).toMatchObject({
      version: 3,
      sources: expect.arrayContaining([expect.stringMatching(/^file:\/\/.*\/src\/main\.ts$/)]),
      sourcesContent: expect.arrayContaining([FILES['src/main.ts']]),
    });
    const { SourceMap } = await import('node:module');
    const lines = text.split('\n');
    const line = lines.findIndex((each) => each.includes('at line 12'));
    const payload: ConstructorParameters<typeof SourceMap>[0] = JSON.parse(JSON.stringify(map));
    const entry = new SourceMap(payload).findEntry(line, lines[line]?.indexOf('throw') ?? 0);
    expect(entry).toMatchObject({
      originalLine: 11,
      originalSource: expect.stringMatching(/src\/main\.ts$/),
    });
  });

  it('the debug bundle accepts a default export and a file that re-exports', async () => {
    const files = {
      'main.ts': `export { default } from './other.ts';`,
      'other.ts': `import { pipeline } from 'headrace';\nexport default pipeline({ name: 'demo' }, async (n: number) => 2 * n);`,
    };
    const { main } = await exported(files, 'main.ts');
    expect(await main(2)).toBe(4);
  });

  it('the debug bundle names a package that is not installed', async () => {
    const sample = project({
      'main.ts': `import { pipeline } from 'headrace'; import 'absent'; export const main = pipeline({}, async () => 1);`,
    });
    await expect(sample.debug()).rejects.toThrow(UnresolvedPackageError);
  });
});
