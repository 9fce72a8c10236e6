import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { toErrorRecord } from '../../../src/model/errors.ts';
import { PositionTracer, parseSourceMaps } from '../../../src/model/source-maps.ts';
import { project } from './project.ts';

const SOURCE = `import { component, pipeline } from 'headrace';
import { check } from './lib/check.ts';

/** A comment. */
interface Row { readonly a: number }

const limit: number = 3;

export const direct = component({}, (rows: Row[]) => {
  // A comment inside.
  const n: number = rows.length;
  throw new RangeError(\`too many: \${n}\`);
});
export const imported = component({ cache: true }, (n: number): number =>
  check(n satisfies number, limit));
class Model {
  constructor(private readonly size: number) {}
  fit(): never { throw new Error('size ' + this.size); }
}
export const withClass = component({}, () => new Model(4).fit());
export default component({ name: 'last' }, () => { throw new Error('last'); });
export const main = pipeline({ name: 'main', project: 'p' }, async () => {
  direct([]); imported(9); withClass();
});`;

const CHECK = `// Copyright.

enum Kind { small, large }

export function check(n: number, limit: number): number {
  if (n > limit)
    throw new TypeError(Kind[Kind.large], { cause: new Error('inner') });
  return n;
}`;

async function traced(files: Readonly<Record<string, string>>, name: string) {
  const bundles = await project(files).bundle();
  const code = bundles.code.components.find((component) => component.name === name);
  const text = bundles.texts.get(code?.bundle.key ?? '') ?? '';
  const url = `data:text/javascript,${encodeURIComponent(text)}`;
  const step: unknown = (await import(url)).default;
  if (typeof step !== 'function') throw new Error('the bundle exports no function');
  let thrown: unknown;
  try {
    step(step.name === 'imported' ? 9 : [1, 2], 9);
  } catch (error) {
    thrown = error;
  }
  const record = toErrorRecord(thrown);
  const file = `${code?.bundle.hash}.mjs`;
  const maps = parseSourceMaps(bundles.sourceMaps);
  if (maps === undefined) throw new Error('the source maps cannot be read');
  const inFile = (text: string | undefined): string | undefined =>
    text?.replaceAll(url, pathToFileURL(`/cache/${file}`).href);
  return new PositionTracer(maps).trace({
    ...record,
    stack: inFile(record.stack),
    ...(record.cause === undefined
      ? {}
      : { cause: { ...record.cause, stack: inFile(record.cause.stack) } }),
  });
}

const FILES = { 'main.ts': SOURCE, 'lib/check.ts': CHECK };

describe('positions of errors', () => {
  it('an error names the line and column of its statement, whatever the bundle leaves out', async () => {
    const error = await traced(FILES, 'direct');
    expect(error.location).toEqual({ file: 'main.ts', line: 12, column: 9 });
    expect(error.codeFrame).toContain('> 12 |   throw new RangeError(');
    expect(error.codeFrame).toContain('\n     |         ^');
  });

  it('the stack has the frames of all files of the project, and no others', async () => {
    const error = await traced(FILES, 'imported');
    expect(error.stack).toBe(
      'TypeError: large\n    at check (lib/check.ts:7:11)\n    at imported (main.ts:15:3)',
    );
    expect(error.cause).toMatchObject({
      message: 'inner',
      location: { file: 'lib/check.ts', line: 7, column: 52 },
    });
  });

  it('an error in a method of a class has its position', async () => {
    const error = await traced(FILES, 'withClass');
    expect(error.location).toEqual({ file: 'main.ts', line: 18, column: 24 });
  });

  it('a traced record is traced again to itself', async () => {
    const error = await traced(FILES, 'imported');
    const other = new PositionTracer({ sources: [], bundles: {} });
    expect(other.trace({ ...error, location: undefined, codeFrame: undefined }).stack).toBe(
      error.stack,
    );
    expect(other.trace(error)).toEqual(error);
  });

  it('lines and comments change the source maps, and not the hash of the code', async () => {
    const before = await project(FILES).bundle();
    const after = await project({ ...FILES, 'lib/check.ts': `\n\n${CHECK}` }).bundle();
    expect(after.code.hash).toBe(before.code.hash);
    expect(after.code.sourceMaps?.hash).not.toBe(before.code.sourceMaps?.hash);
  });

  it('equal projects in other folders have equal source maps', async () => {
    const [one, other] = await Promise.all([project(FILES).bundle(), project(FILES).bundle()]);
    expect(other.sourceMaps).toBe(one.sourceMaps);
  });

  it.each([
    'no JSON',
    '{}',
    '{"sources":[1],"bundles":{}}',
    '{"sources":[],"bundles":{"a":{"sources":[],"mappings":1}}}',
  ])('the document %s is no source map', (text) => {
    expect(parseSourceMaps(text)).toBeUndefined();
  });

  it.each(['aa.mjs', 'aa.mjs?2'])('a frame of the module %s is traced', (file) => {
    const tracer = new PositionTracer({
      sources: [{ file: 'a.ts' }],
      bundles: { aa: { sources: [0], mappings: 'AACA' } },
    });
    const stack = `Error: x\n    at f (file:///c/code-a/${file}:1:1)`;
    expect(tracer.trace({ name: 'Error', message: 'x', stack })).toMatchObject({
      location: { file: 'a.ts', line: 2, column: 1 },
    });
  });

  it('mappings that are damaged do no harm', () => {
    const tracer = new PositionTracer({
      sources: [{ file: 'a.ts' }],
      bundles: { aa: { sources: [0], mappings: '!!!,???;A' } },
    });
    const error = { name: 'Error', message: 'x', stack: 'Error: x\n    at f (/c/aa.mjs:1:5)' };
    expect(tracer.trace(error)).toMatchObject({ name: 'Error', message: 'x' });
  });
});
