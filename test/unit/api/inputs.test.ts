/** Files that are uploaded for `inputFile`, and the runs that name them. */
import { expect, it } from 'vitest';
import { inputKey } from '../../../src/model/object-layout.ts';
import { INPUT_PERIOD_DAYS } from '../../../src/model/retention.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import { aCode, anApi, sha256, uploaded } from './harness.ts';

const DAY = 86_400_000;
const text = '{"inputs":[]}';
const list = { hash: sha256(text), size: text.length };

async function withVersion() {
  const harness = await anApi();
  const code = await uploaded(harness, aCode());
  const declaration = { name: 'iris', project: 'examples' };
  await harness.request('POST', '/v1/versions', { code, declaration });
  const key = inputKey('examples', list.hash, harness.now);
  const create = async (inputs: object) => {
    const run = { project: 'examples', pipeline: 'iris', args: { url: 'x' }, inputs };
    const { status, body } = await harness.request('POST', '/v1/runs', run);
    return {
      status,
      fields: problemSchema.safeParse(body).data?.errors?.map((e) => e.field),
      body,
    };
  };
  return { harness, key, create };
}

it('the API makes links for input files that the project lacks, and again in the next period', async () => {
  const { harness, key } = await withVersion();
  const links = async (project = 'examples') =>
    (await harness.request('POST', '/v1/inputs', { project, inputs: [list] })).body;
  expect(await links()).toMatchObject({ items: [{ key, upload: { method: 'PUT' } }] });
  await harness.storage.objects.put(key, Buffer.from(text));
  expect(await links()).toEqual({ items: [{ key, upload: null }] });
  expect(await links('other')).toMatchObject({ items: [{ upload: { method: 'PUT' } }] });
  await harness.storage.objects.put(key, Buffer.from('damaged'));
  expect(await links()).toMatchObject({ items: [{ key, upload: { method: 'PUT' } }] });
  harness.now += INPUT_PERIOD_DAYS * DAY;
  expect(await links()).not.toMatchObject({ items: [{ key }] });
});

it('a run accepts only an uploaded list of inputs of its own project', async () => {
  const { harness, key, create } = await withVersion();
  const inputs = { key, size: list.size };
  expect(await create(inputs)).toMatchObject({ status: 422, fields: ['inputs.key'] });
  await harness.storage.objects.put(key, Buffer.from(text));
  const foreign = inputKey('other', list.hash, harness.now);
  await harness.storage.objects.put(foreign, Buffer.from(text));
  for (const other of [foreign, `${key}/../x`, 'p/examples/data/x', `code/${list.hash}.js`])
    expect(await create({ ...inputs, key: other })).toMatchObject({
      status: 422,
      fields: ['inputs.key'],
    });
  const { status, body } = await create(inputs);
  expect(status).toBe(201);
  const id = (body as { id: string }).id;
  const runs = await harness.storage.tasks.runs({ limit: 1 });
  expect(runs[0]?.info).toMatchObject({ id, inputs });
});
