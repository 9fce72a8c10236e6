/** The state of a local checkout in the code of a version. */
import { expect, it } from 'vitest';
import { codeIdentity } from '../../../src/model/code.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import { aCode, anApi, sha256, uploaded } from './harness.ts';

it('a version with the changes of a local checkout is refused until they are uploaded under their hash', async () => {
  const harness = await anApi();
  const code = await uploaded(harness, aCode());
  const hash = sha256('patch');
  const patch = { hash, key: `code/${hash}.patch`, size: 5, files: 1 };
  const register = (repository: object) => {
    const withChanges = {
      ...code,
      components: code.components.map((component) => ({ ...component, repository })),
    };
    return harness.request('POST', '/v1/versions', {
      code: { ...withChanges, hash: sha256(codeIdentity(withChanges)) },
      declaration: { name: 'iris', project: 'examples' },
    });
  };
  const refusal = async (repository: object) => {
    const { status, body } = await register(repository);
    return [status, ...(problemSchema.parse(body).errors ?? []).map(({ field }) => field)];
  };
  const repository = { url: 'https://git.example/a.git', commit: 'abc', patch };
  const field = 'code.components[0].repository.patch';
  expect(await refusal(repository)).toEqual([422, `${field}.key`]);
  expect(await refusal({ ...repository, patch: { ...patch, key: 'code/other.patch' } })).toEqual([
    400,
    field,
  ]);
  const upload = { code: [{ hash, type: 'patch', size: 5 }] };
  expect((await harness.request('POST', '/v1/uploads', upload)).body).toMatchObject({
    items: [{ key: patch.key, upload: { method: 'PUT' } }],
  });
  await harness.storage.objects.put(patch.key, Buffer.from('patch'));
  expect((await register(repository)).status).toBe(201);
  // Another state of the checkout is another version.
  const { body } = await register({ ...repository, commit: 'def' });
  expect(body).toMatchObject({ version: '1.0.1' });
});
