import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactSchema } from '../../../src/model/artifacts.ts';
import { isStored } from '../../../src/model/value.ts';
import { ArtifactFile } from '../../../src/sdk/artifact-file.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import {
  type Attempt,
  attempt,
  errorOf,
  folderOfTest,
  inlineOf,
  throughSteps,
  valuesOf,
} from './attempt.ts';

const artifactsOf = ({ outcome }: Attempt) => (outcome.ok ? outcome.artifacts : []);

class Model {
  readonly weight = 1;
}

describe('return values', () => {
  it('a single return value is the whole value, also an array', async () => {
    const done = await attempt(() => [1, 2, 3]);
    expect(done.exitCode).toBe(0);
    expect(valuesOf(done)).toEqual([{ format: 'json', text: '[1,2,3]' }]);
  });

  it('several return values are an array of exactly that length', async () => {
    const done = await attempt(() => [1, 'two'], { spec: { returnValues: ['a', 'b'] } });
    expect(valuesOf(done).map(inlineOf)).toEqual([1, 'two']);
    expect(artifactsOf(done).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    ['too few', [1], 'an array of 1'],
    ['too many', [1, 2, 3], 'an array of 3'],
    ['a value that is no array', 5, 'one number'],
    ['nothing', undefined, 'undefined'],
    ['an object', { a: 1, b: 2 }, 'one Object'],
  ])(
    'return values that do not fit, %s, fail the step with an error that names both',
    async (_, returned, actual) => {
      const done = await attempt(() => returned, { spec: { returnValues: ['a', 'b'] } });
      expect(done.exitCode).toBe(1);
      expect(errorOf(done)).toMatchObject({ name: 'ReturnValuesError' });
      expect(errorOf(done).message).toContain('2 values');
      expect(errorOf(done).message).toContain('(a, b)');
      expect(errorOf(done).message).toContain(actual);
    },
  );

  it('undefined is a valid return value', async () => {
    expect(inlineOf(valuesOf(await attempt(() => undefined))[0])).toBeUndefined();
  });

  it.each([
    ['a function', { deep: [{ here: () => 1 }] }, 'deep[0].here'],
    ['a class instance', { model: new Model() }, 'model'],
    ['a symbol', [Symbol('s')], '[0]'],
    ['an ArtifactFile inside an object', { file: new ArtifactFile('a') }, 'file'],
  ])(
    '%s cannot be stored, and the error names the artifact and the path',
    async (_, value, path) => {
      const done = await attempt(() => [1, value], { spec: { returnValues: ['fine', 'wrong'] } });
      expect(done.exitCode).toBe(1);
      expect(errorOf(done)).toMatchObject({ name: 'UnserializableArtifactError' });
      expect(errorOf(done).message).toContain('"wrong"');
      expect(errorOf(done).message).toContain(` ${path} is `);
    },
  );

  it('the record of a value has its form, size, hash and the start of its text', async () => {
    const value = 'x'.repeat(3000);
    const [artifact] = artifactsOf(await attempt(() => value));
    const text = JSON.stringify(value);
    expect(artifact).toMatchObject({
      name: 'returnObject',
      type: 'json',
      size: text.length,
      hash: createHash('sha256').update(text).digest('hex'),
    });
    expect(artifact?.preview.length).toBeLessThan(600);
    expect(artifactSchema.parse(artifact)).toEqual(artifact);
  });

  it('a value over the inline limit is an object under a key of this job', async () => {
    const done = await attempt(() => 'x'.repeat(5000));
    const [value] = valuesOf(done);
    expect(value).toMatchObject({
      format: 'json',
      key: 'p/default/data/0/1/job-1/values/returnObject',
      size: 5002,
    });
    expect(await done.objects.exists('p/default/data/0/1/job-1/values/returnObject')).toBe(true);
  });

  it.each(['..', 'a/b', '.hidden', 'ä'.repeat(128), 'a b', 'values'])(
    'the name %s makes one part of a key',
    async (name) => {
      const [value] = valuesOf(
        await attempt(() => 'x'.repeat(5000), { spec: { returnValues: [name] } }),
      );
      if (value === undefined || !isStored(value)) throw new Error('not stored');
      const parts = value.key.replace('p/default/data/0/1/job-1/values/', '');
      expect(parts).toMatch(/^[^/.][^/]*$/);
      expect(parts.length).toBeLessThan(200);
    },
  );
});

describe('values that are passed between steps', () => {
  it.each([
    ['JSON', { a: [1, 'two', null, true] }],
    [
      'a Map, a Set, a Date, a BigInt',
      new Map<unknown, unknown>([
        ['set', new Set([1])],
        ['date', new Date(5)],
        ['big', 10n],
      ]),
    ],
    ['undefined, NaN and -0 in an array', [undefined, Number.NaN, -0]],
    ['a small Buffer', Buffer.from('hello')],
    ['a large Buffer', randomBytes(10_000)],
    ['a small Uint8Array', new Uint8Array([1, 2, 3])],
    ['a large Uint8Array', new Uint8Array(10_000).fill(7)],
    ['a large Float64Array', new Float64Array(5000).fill(0.5)],
    ['large JSON', { rows: Array.from({ length: 2000 }, (_, index) => ({ index })) }],
  ])('%s is passed unchanged', async (_, value) => {
    const arrived = await throughSteps(value);
    expect(arrived).toStrictEqual(value);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.getPrototypeOf(value));
  });

  it('a large Buffer is stored as its own bytes', async () => {
    const bytes = randomBytes(10_000);
    const done = await attempt(() => bytes);
    const [value] = valuesOf(done);
    expect(value).toMatchObject({ format: 'bytes', size: 10_000 });
    expect(
      Buffer.from(
        await done.objects.get('p/default/data/0/1/job-1/values/returnObject', 1e6),
      ).equals(bytes),
    ).toBe(true);
  });

  it('a reference without a value is undefined, and a nested one is replaced by its value', async () => {
    let arrived: readonly unknown[] = [];
    const refs = [
      { path: [0, 'list', 1], value: { format: 'json' as const, text: '"b"' } },
      { path: [1], value: null },
    ];
    await attempt(
      (...args) => {
        arrived = args;
      },
      { spec: { args: { format: 'json', text: '[{"list":["a",null]},null,3]' }, refs } },
    );
    expect(arrived).toStrictEqual([{ list: ['a', 'b'] }, undefined, 3]);
  });

  it('an argument whose object is missing fails the step, and the error names both', async () => {
    const missing = { format: 'json' as const, key: 'p/default/data/9/1/x', size: 1, hash: '' };
    const done = await attempt(() => 1, {
      spec: {
        args: { format: 'json', text: '[null,null]' },
        refs: [{ path: [1], value: missing }],
      },
    });
    expect(errorOf(done)).toMatchObject({
      name: 'ArgumentError',
      cause: { name: 'ObjectMissingError' },
    });
    expect(errorOf(done).message).toContain('argument 2');
    expect(errorOf(done).message).toContain('p/default/data/9/1/x');
  });

  it('a damaged argument fails the step', async () => {
    const objects = new MemoryObjects();
    const { size, hash } = await objects.put('damaged', Buffer.from('{"a":'));
    const done = await attempt(() => 1, {
      objects,
      spec: { args: { format: 'json', key: 'damaged', size, hash } },
    });
    expect(errorOf(done)).toMatchObject({ name: 'ArgumentError' });
    expect(errorOf(done).message).toContain('damaged');
  });
});

describe('files and folders', () => {
  it('a file is passed as a private, read-only copy with its name', async () => {
    const folder = await folderOfTest();
    const path = join(folder, 'weights.bin');
    await writeFile(path, 'content');
    const done = await attempt(() => new ArtifactFile(path));
    expect(valuesOf(done)[0]).toMatchObject({
      format: 'file',
      size: 7,
      name: 'weights.bin',
      hash: createHash('sha256').update('content').digest('hex'),
    });
    let seen: unknown;
    const spec = {
      args: { format: 'json' as const, text: '[null]' },
      refs: [{ path: [0], value: valuesOf(done)[0] ?? null }],
    };
    await attempt(
      async (file) => {
        if (!(file instanceof ArtifactFile)) throw new TypeError('no ArtifactFile');
        seen = {
          name: file.path.split('/').at(-1),
          text: await readFile(file.path, 'utf8'),
          mode: (await stat(file.path)).mode & 0o222,
          own: file.path !== path,
        };
      },
      { objects: done.objects, spec },
    );
    expect(seen).toEqual({ name: 'weights.bin', text: 'content', mode: 0, own: true });
  });

  it('a folder is passed with all its content', async () => {
    const folder = join(await folderOfTest(), 'data');
    await mkdir(join(folder, 'inner', 'empty'), { recursive: true });
    await writeFile(join(folder, '@odd name'), 'odd');
    await writeFile(join(folder, 'inner', 'a.txt'), 'a');
    const done = await attempt(() => new ArtifactFile(folder));
    expect(valuesOf(done)[0]).toMatchObject({ format: 'folder', name: 'data' });
    let seen: unknown;
    const spec = {
      args: { format: 'json' as const, text: '[null]' },
      refs: [{ path: [0], value: valuesOf(done)[0] ?? null }],
    };
    const next = await attempt(
      async (arrived) => {
        if (!(arrived instanceof ArtifactFile)) throw new TypeError('no ArtifactFile');
        seen = {
          names: (await readdir(arrived.path, { recursive: true })).sort(),
          text: await readFile(join(arrived.path, 'inner', 'a.txt'), 'utf8'),
        };
      },
      { objects: done.objects, spec },
    );
    valuesOf(next);
    expect(seen).toEqual({
      names: ['@odd name', 'inner', 'inner/a.txt', 'inner/empty'],
      text: 'a',
    });
  });

  it('folders with the same content have the same hash, in any order of creation', async () => {
    const hashes = await Promise.all(
      [
        ['a', 'b'],
        ['b', 'a'],
      ].map(async (names) => {
        const folder = join(await folderOfTest(), 'data');
        await mkdir(folder);
        for (const name of names) await writeFile(join(folder, name), name);
        const [value] = valuesOf(await attempt(() => new ArtifactFile(folder)));
        return value !== undefined && isStored(value) ? value.hash : '';
      }),
    );
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe('');
  });

  it('an empty folder is stored and restored', async () => {
    const folder = join(await folderOfTest(), 'data');
    await mkdir(folder);
    const arrived = await throughSteps(new ArtifactFile(folder));
    expect(arrived).toBeInstanceOf(ArtifactFile);
  });

  it('a missing file fails the step with its path', async () => {
    const done = await attempt(() => new ArtifactFile('no/such/file.bin'));
    expect(errorOf(done).message).toContain('no/such/file.bin');
    expect(errorOf(done).message).toContain('"returnObject"');
  });
});

describe('the pipeline’s own serializers', () => {
  const serializers = {
    serializer: (value: unknown) => `reversed:${[...JSON.stringify(value)].reverse().join('')}`,
    deserializer: (bytes: Buffer) =>
      JSON.parse([...bytes.toString().replace('reversed:', '')].reverse().join('')) as unknown,
  };
  const spec = {
    serializers: {
      key: 'code/s',
      hash: 's',
      resolvedImports: {},
      serializer: true,
      deserializer: true,
    },
  };

  it('the pipeline’s own serializers write and read every value', async () => {
    const done = await attempt(() => ({ a: 1 }), { serializers, spec });
    expect(valuesOf(done)[0]).toMatchObject({ format: 'custom' });
    expect(
      Buffer.from(
        await done.objects.get('p/default/data/0/1/job-1/values/returnObject', 1e6),
      ).toString(),
    ).toBe('reversed:}1:"a"{');
    expect(await throughSteps({ a: [1, 2] }, { serializers, spec })).toEqual({ a: [1, 2] });
  });

  it('a serializer that throws, or returns neither bytes nor text, fails the step', async () => {
    const throwing = { serializer: () => Promise.reject(new Error('no form')) };
    expect(errorOf(await attempt(() => 1, { serializers: throwing, spec })).message).toContain(
      'no form',
    );
    const wrong = { serializer: () => 5 };
    expect(errorOf(await attempt(() => 1, { serializers: wrong, spec })).message).toContain(
      'must return bytes or text',
    );
  });
});

describe('a stored value that is damaged', () => {
  const FOLDER = async () => {
    const folder = join(await folderOfTest(), 'a');
    await mkdir(folder);
    await writeFile(join(folder, 'x'), 'content '.repeat(100));
    return new ArtifactFile(folder);
  };
  const FILE = async () => {
    const file = join(await folderOfTest(), 'b');
    await writeFile(file, 'content '.repeat(100));
    return new ArtifactFile(file);
  };

  it.each([
    ['bytes', async () => randomBytes(200_000)],
    ['JSON', async () => 'x'.repeat(200_000)],
    ['a file', FILE],
    ['a folder', FOLDER],
  ] as const)('%s: the step that reads it fails and names the object', async (_, make) => {
    const value = await make();
    const first = await attempt(() => value);
    const [stored] = valuesOf(first);
    if (stored === undefined || !isStored(stored)) throw new Error('the value is inline');
    const intact = Buffer.from(await first.objects.get(stored.key, 1e9));
    const flipped = Buffer.from(intact);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    for (const content of [flipped, intact.subarray(0, 90), Buffer.concat([intact, intact])]) {
      await first.objects.put(stored.key, content);
      const reader = await attempt(() => 1, {
        objects: first.objects,
        spec: {
          args: { format: 'json', text: '[null]' },
          refs: [{ path: [0], value: stored }],
        },
      });
      expect(errorOf(reader).cause).toMatchObject({ name: 'DamagedObjectError' });
      expect(errorOf(reader).message).toContain(`the object ${stored.key} has `);
    }
  });
});

it.each([
  [0o755, 0o500],
  [0o644, 0o400],
])('a file with the mode %o arrives with the mode %o', async (before, after) => {
  const file = join(await folderOfTest(), 'tool');
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, before);
  const arrived = await throughSteps(new ArtifactFile(file));
  if (!(arrived instanceof ArtifactFile)) throw new Error('it is no file');
  expect((await stat(arrived.path)).mode & 0o777).toBe(after);
});
