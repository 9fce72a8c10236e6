/**
 * Conformance tests of the model registry.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { NewModelVersion } from '../../src/model/model-version.ts';
import type { AllPortsUnderTest } from './ports.ts';
import { freshPorts } from './ports.ts';
import { runId } from './records.ts';

export const iris = { project: 'examples', name: 'iris' };

/** The n-th object that a run stored as this model. */
export const aVersion = (n: number, over: Partial<NewModelVersion> = {}): NewModelVersion => ({
  ...iris,
  tags: [],
  framework: 'onnx',
  metadata: { classes: [1, 2] },
  metrics: [{ title: 'accuracy', series: 'test', iteration: 3, value: 0.9 }],
  value: {
    format: 'file',
    key: `o/examples/data/${runId(1)}/0/1/job/models/${n}-model`,
    size: n,
    hash: `hash ${n}`,
    name: 'model.bin',
  },
  source: {
    run: runId(1),
    pipeline: 'iris',
    number: 7,
    pipelineVersion: '1.0.0',
    codeHash: 'code',
    model: 'model',
    step: {
      call: 0,
      name: 'train',
      component: 'train',
      attempt: 1,
      codeHash: 'component code',
      arguments: [{ name: 'lr', value: '0.1' }],
    },
  },
  registeredAt: 10,
  publishedAt: 10,
  ...over,
});

export function modelRegistryConformance(
  makePorts: () => Promise<Pick<AllPortsUnderTest, 'models' | 'close'>>,
): void {
  describe('model registry', () => {
    const ports = freshPorts(makePorts);

    test('versions of a model are numbered from 1, and each is read as it was registered', async () => {
      const { models } = ports();
      const first = await models.register(aVersion(1, { tags: ['a'] }));
      const second = await models.register(aVersion(2, { publishedAt: null }));
      expect(first).toEqual({ ...aVersion(1, { tags: ['a'] }), version: 1 });
      expect(second).toEqual({ ...aVersion(2, { publishedAt: null }), version: 2 });
      expect(await models.version(iris, 1)).toEqual(first);
      expect(await models.version(iris, 2)).toEqual(second);
      expect(await models.version(iris, 3)).toBeUndefined();
      expect(await models.version({ ...iris, project: 'other' }, 1)).toBeUndefined();
    });

    test('a model object that is registered again keeps its version and its state', async () => {
      const { models } = ports();
      await models.register(aVersion(1));
      await models.register(aVersion(2));
      const again = await models.register(aVersion(1, { registeredAt: 99, tags: ['late'] }));
      expect(again).toEqual({ ...aVersion(1), version: 1 });
      expect((await models.register(aVersion(3))).version).toBe(3);
      const renamed = await models.register(aVersion(1, { name: 'other' }));
      expect(renamed.version).toBe(1);
    });

    test('models that are registered at once have different versions without gaps', async () => {
      const { models } = ports();
      const registered = await Promise.all(
        [1, 2, 3, 4, 5, 1, 2].map((n) => models.register(aVersion(n))),
      );
      expect([...new Set(registered.map(({ version }) => version))].sort()).toEqual([
        1, 2, 3, 4, 5,
      ]);
      expect(registered[5]).toEqual(registered[0]);
      expect(registered[6]).toEqual(registered[1]);
    });

    test('the published model is the highest version that is published', async () => {
      const { models } = ports();
      expect(await models.published(iris)).toBeUndefined();
      for (const n of [1, 2, 3])
        await models.register(aVersion(n, { publishedAt: n === 3 ? null : 10 }));
      const published = async () => (await models.published(iris))?.version;
      expect(await published()).toBe(2);
      await models.change(iris, 3, { publishedAt: 20 });
      expect(await models.published(iris)).toMatchObject({ version: 3, publishedAt: 20 });
      await models.change(iris, 3, { publishedAt: null });
      await models.change(iris, 2, { publishedAt: null });
      expect(await published()).toBe(1);
      await models.change(iris, 1, { publishedAt: null });
      expect(await published()).toBeUndefined();
    });

    test('a change of the tags leaves the published state, and the reverse', async () => {
      const { models } = ports();
      await models.register(aVersion(1, { tags: ['a', 'b'] }));
      const tagged = await models.change(iris, 1, { addTags: ['c', 'b'], removeTags: ['a'] });
      expect(tagged).toMatchObject({ tags: ['b', 'c'], publishedAt: 10 });
      expect(await models.change(iris, 1, { publishedAt: null })).toMatchObject({
        tags: ['b', 'c'],
        publishedAt: null,
      });
      expect(await models.version(iris, 1)).toMatchObject({ tags: ['b', 'c'], publishedAt: null });
      expect(await models.change(iris, 2, { addTags: ['c'] })).toBeUndefined();
    });

    test('concurrent changes of the tags are all applied', async () => {
      const { models } = ports();
      await models.register(aVersion(1));
      const tags = ['a', 'b', 'c', 'd'];
      await Promise.all(tags.map((tag) => models.change(iris, 1, { addTags: [tag] })));
      expect([...((await models.version(iris, 1))?.tags ?? [])].sort()).toEqual(tags);
    });

    test('the published objects of a run are those that it wrote, until they are unpublished', async () => {
      const { models } = ports();
      const foreign = `o/examples/data/${runId(2)}/0/1/job/models/1-model`;
      await models.register(aVersion(1));
      await models.register(aVersion(2, { publishedAt: null }));
      await models.register(aVersion(1, { name: 'other' }));
      await models.register(aVersion(3, { value: { ...aVersion(3).value, key: foreign } }));
      const own = aVersion(1).value.key;
      expect(await models.keptObjects(runId(1))).toEqual([own]);
      expect(await models.keptObjects(runId(2))).toEqual([foreign]);
      expect(await models.keptObjects(runId(3))).toEqual([]);
      await models.change(iris, 1, { publishedAt: null });
      expect(await models.keptObjects(runId(1))).toEqual([own]);
      await models.change({ ...iris, name: 'other' }, 1, { publishedAt: null });
      expect(await models.keptObjects(runId(1))).toEqual([]);
      await models.change(iris, 2, { publishedAt: 30 });
      expect(await models.keptObjects(runId(1))).toEqual([aVersion(2).value.key]);
    });

    test('the object of a used version is kept after it is unpublished, and its record is the same', async () => {
      const { models } = ports();
      const version = await models.register(aVersion(1, { tags: ['a'] }));
      await models.register(aVersion(2, { publishedAt: null }));
      await models.markUsed(version);
      await models.markUsed(version);
      expect(await models.version(iris, 1)).toEqual(version);
      expect(await models.published(iris)).toEqual(version);
      const unpublished = { ...version, tags: ['b'], publishedAt: null };
      const change = { publishedAt: null, addTags: ['b'], removeTags: ['a'] };
      expect(await models.change(iris, 1, change)).toEqual(unpublished);
      expect(await models.version(iris, 1)).toEqual(unpublished);
      expect(await models.keptObjects(runId(1))).toEqual([version.value.key]);
    });

    test('versions are listed in pages, highest first', async () => {
      const { models } = ports();
      for (let n = 1; n <= 12; n += 1) await models.register(aVersion(n));
      const listed = async (page: { readonly before?: number; readonly limit: number }) =>
        (await models.versions(iris, page)).map(({ version }) => version);
      expect(await listed({ limit: 3 })).toEqual([12, 11, 10]);
      expect(await listed({ limit: 3, before: 10 })).toEqual([9, 8, 7]);
      expect(await listed({ limit: 3, before: 2 })).toEqual([1]);
      expect(await listed({ limit: 3, before: 1 })).toEqual([]);
      expect(await models.versions({ ...iris, name: 'other' }, { limit: 3 })).toEqual([]);
    });

    test('models are listed in pages by project and name, with their highest version', async () => {
      const { models } = ports();
      const names = [
        ['b', 'x'],
        ['a', 'y'],
        ['a', 'x'],
        ['a/b', 'x'],
      ] as const;
      for (const [project, name] of names) await models.register(aVersion(1, { project, name }));
      await models.register(aVersion(2, { project: 'a', name: 'y' }));
      const listed = async (page: Parameters<typeof models.models>[0]) =>
        (await models.models(page)).map(
          ({ project, name, latest }) => `${project} ${name} ${latest}`,
        );
      expect(await listed({ limit: 10 })).toEqual(['a x 1', 'a y 2', 'a/b x 1', 'b x 1']);
      expect(await listed({ limit: 2, after: { project: 'a', name: 'x' } })).toEqual([
        'a y 2',
        'a/b x 1',
      ]);
      expect(await listed({ limit: 10, project: 'a' })).toEqual(['a x 1', 'a y 2']);
      expect(await listed({ limit: 10, project: 'a', after: { project: 'a', name: 'y' } })).toEqual(
        [],
      );
    });

    test('the list of models has the highest published version of each', async () => {
      const { models } = ports();
      for (const n of [1, 2, 3])
        await models.register(aVersion(n, { publishedAt: n === 3 ? null : 10 }));
      await models.register(aVersion(1, { name: 'other', publishedAt: null }));
      const listed = async () =>
        (await models.models({ limit: 9 })).map(({ latest, published }) => [latest, published]);
      expect(await listed()).toEqual([
        [3, 2],
        [1, null],
      ]);
      await models.change(iris, 3, { publishedAt: 20 });
      expect((await listed())[0]).toEqual([3, 3]);
      await models.change(iris, 2, { addTags: ['a'] });
      for (const version of [3, 2]) await models.change(iris, version, { publishedAt: null });
      expect((await listed())[0]).toEqual([3, 1]);
      await models.change(iris, 1, { publishedAt: null });
      expect((await listed())[0]).toEqual([3, null]);
      expect(await models.change(iris, 9, { publishedAt: 1 })).toBeUndefined();
      expect(await models.models({ limit: 9, project: 'examples' })).toHaveLength(2);
    });

    test('after concurrent changes, the list of models has the published version', async () => {
      const { models } = ports();
      for (const n of [1, 2, 3]) await models.register(aVersion(n));
      await Promise.all(
        [3, 2, 3, 1, 2].map((version, n) =>
          models.change(iris, version, { publishedAt: n % 2 === 0 ? null : 30 }),
        ),
      );
      const published = (await models.published(iris))?.version ?? null;
      expect((await models.models({ limit: 9 }))[0]).toMatchObject({ latest: 3, published });
    });

    test('a version with large metadata is read whole', async () => {
      const { models } = ports();
      const metadata = { text: Array.from({ length: 60_000 }, (_, n) => `${n * 7919}`).join() };
      await models.register(aVersion(1, { metadata }));
      expect((await models.version(iris, 1))?.metadata).toEqual(metadata);
      expect((await models.versions(iris, { limit: 1 }))[0]?.metadata).toEqual(metadata);
    });
  });
}
