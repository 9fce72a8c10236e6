/** Files in S3 that a step requests by address, from an emulated S3 that checks what S3 checks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ContainerServices,
  failureOf,
  resultOf,
  startContainerServices,
} from './container-services.ts';
import { runProgram } from './program.ts';

let services: ContainerServices;
beforeAll(async () => {
  services = await startContainerServices();
});
afterAll(() => services?.stop());

/** `StorageManager.getLocalCopy` of a bundle: the stub of the SDK calls the runner. */
const CODE = `
  import { readFileSync, statSync } from 'node:fs';
  export default async (address, missing) => {
    const { getLocalCopy } = globalThis[Symbol.for('headrace.step')];
    const first = await getLocalCopy(address);
    const again = await getLocalCopy(address);
    const error = await getLocalCopy(missing).then(() => undefined, (error) => error);
    return [readFileSync(first, 'utf8'), first === again, (statSync(first).mode & 0o222) === 0, error.name, error.message];
  };`;

async function bucketName(): Promise<string> {
  const { environment } = await services.submit({ code: CODE });
  return /^s3:\/\/([^/]+)\//.exec(environment.HEADRACE_SPEC ?? '')?.[1] ?? '';
}

test('a step downloads an object of S3 once, under the credentials of its role, and a missing object is an error with its address', async () => {
  const key = 'data/a file ü+(1).csv';
  await services.objects.put(key, Buffer.from('a,b\n1,2\n'));
  const bucket = await bucketName();
  const [address, missing] = [`s3://${bucket}/${key}`, `s3://${bucket}/data/none.csv`];
  const submitted = await services.submit({
    code: CODE,
    spec: { args: { format: 'json', text: JSON.stringify([address, missing]) } },
  });
  await runProgram(submitted);
  expect(resultOf(await services.messages(submitted.job))).toEqual([
    'a,b\n1,2\n',
    true,
    true,
    'LocalCopyError',
    expect.stringContaining('data/none.csv'),
  ]);
});

test('the content of an S3 address that an input file names becomes a file of the run', async () => {
  await services.objects.put('data/x.csv', Buffer.from('content'));
  const bucket = await bucketName();
  const code =
    "export default (address) => globalThis[Symbol.for('headrace.step')].openInput(address);";
  const open = async (address: string) => {
    const submitted = await services.submit({
      code,
      spec: { args: { format: 'json', text: JSON.stringify([address]) } },
    });
    await runProgram(submitted);
    return services.messages(submitted.job);
  };
  const messages = await open(`s3://${bucket}/data/x.csv`);
  const finished = messages.find(({ kind }) => kind === 'finished');
  expect(finished).toMatchObject({
    outcome: { ok: true, values: [{ format: 'file', size: 7, name: 'x.csv' }] },
  });
  expect(failureOf(await open('data/of-the-laptop.csv')).error).toMatchObject({
    name: 'InputFileError',
    message: expect.stringContaining('data/of-the-laptop.csv'),
  });
});
