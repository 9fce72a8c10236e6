import { describe, expect, it } from 'vitest';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { modelUsePageSchema, modelVersionPageSchema } from '../../../src/wire/models.ts';
import {
  aCommit,
  aCompletedStep,
  aModel,
  anAttempt,
  anInfo,
  runWith,
} from '../../conformance/records.ts';
import { type ApiHarness, anApi, idOf } from './harness.ts';

/** A completed run whose steps uploaded the model `model`, each an object of its own. */
async function aTraining(steps = 2): Promise<ApiHarness> {
  const harness = await anApi();
  const { storage } = harness;
  const id = idOf(1);
  const created = await Promise.all(
    Array.from({ length: steps }, async (_, call) => {
      const key = `o/examples/data/${id}/${call}/1/job/models/0-model`;
      const { size, hash } = await storage.objects.put(key, Buffer.from(`weights ${call}`));
      const value = { format: 'file', key, size, hash } as const;
      return aCompletedStep(call, {
        name: `train_${call}`,
        attempts: [anAttempt(1)],
        models: [aModel('model', { value, size, hash, metadata: { call } })],
      });
    }),
  );
  const info = anInfo(id);
  const { head } = await storage.tasks.createRun(info, newHead(info));
  await storage.tasks.commit(id, aCommit(head, { created }, { status: 'completed' }));
  return harness;
}

const ofIris = '?project=examples&name=iris';
const publication = (call: number) => ({ run: idOf(1), call, model: 'model', name: 'iris' });

describe('the routes of registered models', () => {
  it('publish a model of a step, read it by number, published and latest, and list it', async () => {
    const { request } = await aTraining();
    const first = await request('POST', '/v1/model-versions', publication(0));
    expect(first).toMatchObject({
      status: 201,
      body: { version: 1, name: 'iris', source: { run: idOf(1), step: { name: 'train_0' } } },
    });
    expect(await request('POST', '/v1/model-versions', publication(0))).toMatchObject({
      status: 201,
      body: { version: 1 },
    });
    await request('POST', '/v1/model-versions', { ...publication(1), tags: ['best'] });
    for (const [version, expected] of [
      ['1', 1],
      ['published', 2],
      ['latest', 2],
    ] as const)
      expect(await request('GET', `/v1/model-versions/${version}${ofIris}`)).toMatchObject({
        status: 200,
        body: { version: expected, content: { link: { method: 'GET' } } },
      });
    expect((await request('GET', '/v1/registered-models')).body).toEqual({
      items: [{ project: 'examples', name: 'iris', latest: 2, published: 2 }],
      next: null,
    });
  });

  it('list versions in pages, highest first', async () => {
    const { request } = await aTraining(3);
    for (const call of [0, 1, 2]) await request('POST', '/v1/model-versions', publication(call));
    const seen: unknown[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page += 1) {
      const { body } = await request('GET', `/v1/model-versions${ofIris}&limit=1${cursor}`);
      seen.push(body);
      cursor = `&cursor=${modelVersionPageSchema.parse(body).next}`;
    }
    expect(seen).toMatchObject([3, 2, 1].map((version) => ({ items: [{ version }] })));
    expect(seen[2]).toMatchObject({ next: null });
  });

  it('list the runs and steps that use a version in pages, the newest run first', async () => {
    const { request, storage } = await aTraining(1);
    await request('POST', '/v1/model-versions', publication(0));
    const usedModel = { project: 'examples', name: 'iris', version: 1 };
    for (const n of [2, 3, 4])
      await runWith(storage.tasks, idOf(n), {
        created: [
          aCompletedStep(0, { usedModel, name: 'useModel', endedAt: n }),
          aCompletedStep(1, { name: 'predict' }),
        ],
        edges: [{ parent: 0, child: 1 }],
      });
    const uses = `/v1/model-versions/published/uses${ofIris}`;
    const first = await request('GET', `${uses}&limit=2`);
    expect(first).toMatchObject({
      status: 200,
      body: {
        items: [
          {
            run: idOf(4),
            number: 4,
            status: 'queued',
            call: 0,
            step: 'useModel',
            receivers: ['predict'],
            usedAt: '1970-01-01T00:00:00.004Z',
          },
          { run: idOf(3) },
        ],
      },
    });
    const { next } = modelUsePageSchema.parse(first.body);
    expect((await request('GET', `${uses}&limit=2&cursor=${next}`)).body).toMatchObject({
      items: [{ run: idOf(2) }],
      next: null,
    });
    const unknown = await request('GET', `/v1/model-versions/2/uses${ofIris}`);
    expect(unknown).toMatchObject({ status: 404 });
  });

  it('unpublish, publish and tag a version', async () => {
    const { request } = await aTraining();
    await request('POST', '/v1/model-versions', publication(0));
    const change = async (body: unknown) =>
      (await request('PATCH', `/v1/model-versions/1${ofIris}`, body)).body;
    expect(await change({ published: false, addTags: ['old'] })).toMatchObject({
      publishedAt: null,
      tags: ['old'],
    });
    expect(await request('GET', `/v1/model-versions/published${ofIris}`)).toMatchObject({
      status: 404,
    });
    expect(await change({ published: true, removeTags: ['old'] })).toMatchObject({
      publishedAt: expect.any(String),
      tags: [],
    });
  });

  it('refuse what does not exist or does not match, and name the field', async () => {
    const { request, storage } = await aTraining();
    const refused = (body: object) =>
      request('POST', '/v1/model-versions', { ...publication(0), ...body });
    expect(await refused({ model: 'other' })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'model' }] },
    });
    expect(await refused({ run: idOf(9) })).toMatchObject({ status: 404 });
    expect(await refused({ call: 7 })).toMatchObject({ status: 404 });
    expect(await refused({ name: 'a@b' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'name' }] },
    });
    expect(await request('PATCH', `/v1/model-versions/1${ofIris}`, {})).toMatchObject({
      status: 400,
    });
    expect(await request('GET', `/v1/model-versions/0${ofIris}`)).toMatchObject({ status: 400 });
    await storage.objects.remove(`o/examples/data/${idOf(1)}/`);
    expect(await refused({})).toMatchObject({ status: 409 });
    expect((await request('GET', `/v1/model-versions${ofIris}`)).body).toMatchObject({
      items: [{ version: 1, publishedAt: null }],
    });
  });
});
