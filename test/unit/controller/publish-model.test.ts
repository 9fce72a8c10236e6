import { describe, expect, it } from 'vitest';
import {
  ModelUnavailableError,
  type PublishPorts,
  publishModel,
  republishModel,
} from '../../../src/controller/models/publish-model.ts';
import { removeRun } from '../../../src/controller/run/run-removal.ts';
import type { Model } from '../../../src/model/artifacts.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import {
  aCommit,
  aCompletedStep,
  aHead,
  aModel,
  anAttempt,
  anInfo,
  aReport,
  runId,
} from '../../conformance/records.ts';

const NOW = 5_000;

/** A completed run whose step `train` uploaded a model. */
async function aTraining(over: Partial<PublishPorts> = {}) {
  const storage = createMemoryStorage();
  const ports: PublishPorts = {
    ...storage,
    queries: storage.tasks,
    removal: storage.tasks,
    ...over,
  };
  const id = runId(1);
  const key = modelKey(id, 0);
  const { size, hash } = await storage.objects.put(key, Buffer.from('weights'));
  const model = aModel('model', { value: { format: 'file', key, size, hash }, size, hash });
  const { head } = await storage.tasks.createRun(anInfo(id), aHead(id));
  await storage.tasks.commit(
    id,
    aCommit(
      head,
      {
        created: [
          aCompletedStep(0, {
            name: 'train',
            component: 'train',
            models: [model],
            attempts: [anAttempt(1)],
            arguments: [{ name: 'lr', value: '0.1' }],
          }),
        ],
        reports: [aReport(0, 1, 0, [1, 2])],
      },
      { status: 'completed' },
    ),
  );
  const run = await storage.tasks.run(id);
  const [step] = await storage.tasks.steps(id, [0]);
  if (run === undefined || step === undefined) throw new Error('the run is missing');
  const publish = (published: Model = model) =>
    publishModel(ports, { run, step, model: published, name: 'iris', tags: ['best'], now: NOW });
  const remove = () =>
    removeRun({ ...storage, removal: storage.tasks, queries: storage.tasks }, run.info);
  return { storage, ports, run, id, key, model, publish, remove };
}

const modelKey = (run: RunId, call: number): string =>
  `o/examples/data/${run}/${call}/1/job/models/0-model`;

describe('publishing a model', () => {
  it('registers a version with its origin: run, step, attempt, arguments, code and last metrics', async () => {
    const { publish, run, id, model } = await aTraining();
    expect(await publish()).toMatchObject({
      project: run.info.project,
      name: 'iris',
      version: 1,
      tags: ['best'],
      publishedAt: NOW,
      value: model.value,
      metrics: [{ value: 2 }],
      source: {
        run: id,
        pipeline: run.info.pipeline,
        number: run.info.number,
        pipelineVersion: run.info.version,
        codeHash: run.info.code.hash,
        model: 'model',
        step: {
          call: 0,
          name: 'train',
          attempt: 1,
          arguments: [{ name: 'lr', value: '0.1' }],
        },
      },
    });
  });

  it('a repeated request returns the version that the first one published', async () => {
    const { publish, storage } = await aTraining();
    const first = await publish();
    expect(await publish()).toEqual(first);
    expect(await storage.models.versions(first, { limit: 10 })).toHaveLength(1);
  });

  it('the object of a published model stays when its run is removed', async () => {
    const { publish, remove, storage, key, id } = await aTraining();
    await storage.objects.put(modelKey(id, 1), Buffer.from('other weights'));
    await publish();
    await remove();
    expect(await storage.tasks.run(id)).toBeUndefined();
    expect(await storage.objects.exists(key)).toBe(true);
    expect(await storage.objects.exists(modelKey(id, 1))).toBe(false);
  });

  it('an unpublished model is removed with its run, and cannot be published afterwards', async () => {
    const { publish, remove, storage, key, ports } = await aTraining();
    const version = await publish();
    await storage.models.change(version, 1, { publishedAt: null });
    await remove();
    expect(await storage.objects.exists(key)).toBe(false);
    const unpublished = { ...version, publishedAt: null };
    await expect(republishModel(ports, unpublished, NOW)).rejects.toThrow('is not in the store');
    expect(await storage.models.published(version)).toBeUndefined();
  });

  it('a model of a run that is being removed is refused, and is not published', async () => {
    const { publish, storage, id, run } = await aTraining();
    await storage.tasks.startRemoval(id);
    await expect(publish()).rejects.toThrow(ModelUnavailableError);
    const model = { project: run.info.project, name: 'iris' };
    expect(await storage.models.published(model)).toBeUndefined();
  });

  it('a removal that starts while a model is published keeps its object, or the model is refused', async () => {
    // The removal starts and ends between two requests of the publication.
    for (const moment of ['register', 'isBeingRemoved', 'size'] as const) {
      const training = await aTraining();
      const { storage, ports, run, key } = training;
      const step = (await storage.tasks.steps(run.info.id, [0]))[0] ?? null;
      const removing = async <T>(result: Promise<T>): Promise<T> => {
        const value = await result;
        await training.remove();
        return value;
      };
      const racing: PublishPorts = {
        ...ports,
        ...(moment === 'register' && {
          models: Object.assign(Object.create(storage.models), {
            register: (model: Parameters<typeof storage.models.register>[0]) =>
              removing(storage.models.register(model)),
          }),
        }),
        ...(moment === 'isBeingRemoved' && {
          removal: {
            isBeingRemoved: (id: RunId) => removing(storage.tasks.isBeingRemoved(id)),
          },
        }),
        ...(moment === 'size' && {
          objects: { size: (object: string) => removing(storage.objects.size(object)) },
        }),
      };
      const outcome = await publishModel(racing, {
        run,
        step,
        model: training.model,
        name: 'iris',
        tags: [],
        now: NOW,
      }).catch((error: unknown) => error);
      const isPublished =
        (await storage.models.published({ project: run.info.project, name: 'iris' })) !== undefined;
      expect({ moment, isPublished, exists: await storage.objects.exists(key) }).toEqual({
        moment,
        isPublished: !(outcome instanceof Error),
        exists: !(outcome instanceof Error),
      });
    }
  });

  it('a model that another run adopted has the step that computed it as its origin', async () => {
    const { storage, ports, model, id } = await aTraining();
    const second = runId(2);
    const { head } = await storage.tasks.createRun(anInfo(second), aHead(second));
    const cached = aCompletedStep(0, { name: 'cached', status: 'cached', models: [model] });
    await storage.tasks.commit(second, aCommit(head, { created: [cached] }));
    const run = await storage.tasks.run(second);
    if (run === undefined) throw new Error('the run is missing');
    const request = { run, step: cached, model, name: 'iris', tags: [], now: NOW };
    expect((await publishModel(ports, request)).source).toMatchObject({
      run: id,
      step: { name: 'train' },
    });
    await storage.tasks.share(id);
    await storage.tasks.remove(id);
    expect((await publishModel(ports, { ...request, name: 'other' })).source).toMatchObject({
      run: second,
      step: { name: 'cached' },
    });
  });

  it('a model whose object is missing or damaged is refused with the reason', async () => {
    const { storage, publish, key, model } = await aTraining();
    await storage.objects.put(key, Buffer.from('short'));
    await expect(publish()).rejects.toThrow('has 5 bytes, and 7 were written');
    await storage.objects.remove(key);
    await expect(publish()).rejects.toThrow('is not in the store');
    const inline = { ...model, value: { format: 'json', text: '1' } as const };
    await expect(publish(inline)).rejects.toThrow('it is no file or folder');
  });
});
