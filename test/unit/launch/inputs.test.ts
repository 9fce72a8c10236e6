/** Finding and uploading the input files of a run that starts behind an API. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../../src/client/client.ts';
import { FileChangedError } from '../../../src/client/send-file.ts';
import { findInputs } from '../../../src/launch/remote/inputs/find-inputs.ts';
import { uploadInputs } from '../../../src/launch/remote/inputs/upload-inputs.ts';
import { createFileLinks, LINKS_PATH } from '../../../src/local/file-links.ts';
import { inputKey } from '../../../src/model/object-layout.ts';
import { readInputList } from '../../../src/model/run-inputs.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { temporaryFolder } from '../../e2e/headrace.ts';

async function aProject(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = join(await temporaryFolder(), 'project');
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), content);
  }
  return root;
}

const find = async (root: string, addresses: readonly string[], declared: readonly string[] = []) =>
  (await findInputs({ root, addresses, declared })).map(({ path, kind }) => `${kind} ${path}`);

it('inputs are literals that exist, folders, and all files that a pattern matches', async () => {
  const root = await aProject({
    'data/a.csv': '',
    'data/b.csv': '',
    'data/.c.csv': '',
    'data/d/e.txt': '',
  });
  expect(await find(root, ['./data//a.csv', 'none.csv', 'https://example/x.csv', 'data/'])).toEqual(
    ['file data/a.csv', 'folder data'],
  );
  expect(await find(root, [], ['data/*.csv', '*/d'])).toEqual([
    'file data/a.csv',
    'file data/b.csv',
    'folder data/d',
  ]);
  await expect(find(root, [], ['data/*.json'])).rejects.toThrow('the option inputs names it');
});

it('nothing outside of the project is uploaded, neither by its path nor through a link', async () => {
  const root = await aProject({ 'data/a.csv': '', '../secret.txt': '' });
  await symlink(join(root, '../secret.txt'), join(root, 'link.txt'));
  await mkdir(join(root, 'linked'));
  await symlink(join(root, '../secret.txt'), join(root, 'linked/link.txt'));
  await symlink(join(root, 'data/a.csv'), join(root, 'inside.csv'));
  for (const path of ['../secret.txt', join(root, '../secret.txt'), 'link.txt', 'linked'])
    await expect(find(root, [path]), path).rejects.toThrow("outside of the project's folder");
  await expect(find(root, ['.'])).rejects.toThrow("it is the project's folder");
  expect(await find(root, ['inside.csv', join(root, 'data/a.csv')])).toEqual([
    'file inside.csv',
    `file ${join(root, 'data/a.csv')}`,
  ]);
});

it('files that usually contain credentials are refused, also in a folder and behind a link', async () => {
  const root = await aProject({
    '.env': '',
    'data/a.csv': '',
    'data/keys/server.pem': '',
    'conf/.env.production': '',
    'plain/.env.example': '',
  });
  await symlink(join(root, '.env'), join(root, 'alias.txt'));
  for (const path of ['.env', 'data', 'conf', 'alias.txt', 'data/keys/server.pem'])
    await expect(find(root, [path]), path).rejects.toThrow('usually contain credentials');
  await expect(find(root, [], ['data/*/*'])).rejects.toThrow('usually contain credentials');
  expect(await find(root, ['plain', 'data/a.csv'])).toEqual(['folder plain', 'file data/a.csv']);
});

/** An API whose links are those of a home, and what it received. */
async function anApi() {
  const { objects } = createMemoryStorage();
  const received: string[] = [];
  let refused = 0;
  const links = createFileLinks({
    objects,
    secret: Buffer.alloc(32),
    clock: { now: () => 0 },
    baseUrl: () => base,
  });
  const server = createServer(
    getRequestListener((request) => {
      received.push(`${request.method} ${request.headers.get('content-length')}`);
      return refused-- > 0 ? new Response('', { status: 503 }) : links.handle(request);
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const base = `http://127.0.0.1:${address.port}`;
  expect(LINKS_PATH).toBe('/objects/');
  const api = createClient({ endpoint: base, sign: async () => ({}), firstRetryDelayMs: 1 });
  const client: Parameters<typeof uploadInputs>[0] = {
    uploadFile: (...args) => api.uploadFile(...args),
    writeLink: (...args) => api.writeLink(...args),
    createInputUploads: async ({ project, inputs }) => ({
      items: await Promise.all(
        inputs.map(async ({ hash, size }) => {
          const key = inputKey(project, hash, 0);
          const isStored = (await objects.size(key)) === size;
          const link = isStored ? null : await links.write(key, { hash, size });
          return { key, upload: link === null ? null : { ...link, expiresAt: '' } };
        }),
      ),
    }),
  };
  return {
    client,
    objects,
    received,
    refuse: (requests: number) => {
      refused = requests;
    },
  };
}

const upload = async (
  client: Parameters<typeof uploadInputs>[0],
  root: string,
  paths: string[],
) => {
  const notes: string[] = [];
  const inputs = await findInputs({ root, addresses: paths, declared: [] });
  const list = await uploadInputs(client, 'demo', inputs, (line) => notes.push(line));
  return { list, notes };
};

it('each content is uploaded once, with its length, and only what the project lacks', async () => {
  const root = await aProject({ 'a.csv': 'one', 'b.csv': 'one', 'empty.csv': '', 'd/c.csv': '2' });
  const { client, objects, received, refuse } = await anApi();
  refuse(2);
  const { list, notes } = await upload(client, root, ['a.csv', 'b.csv', 'empty.csv', 'd']);
  expect(notes).toEqual([expect.stringMatching(/^uploaded 3 input files \(/)]);
  expect(received.slice(0, 4)).toEqual(['PUT 3', 'PUT 3', 'PUT 3', 'PUT 0']);
  if (list === undefined) throw new Error('there is no list');
  const text = Buffer.from(await objects.get(list.key, list.size)).toString();
  const entries = readInputList(text) ?? [];
  expect(entries.map(({ path, kind, size }) => [path, kind, size])).toEqual([
    ['a.csv', 'file', 3],
    ['b.csv', 'file', 3],
    ['empty.csv', 'file', 0],
    ['d', 'folder', 2048],
  ]);
  const first = entries[0];
  expect(Buffer.from(await objects.get(first?.key ?? '', 3)).toString()).toBe('one');
  received.length = 0;
  expect((await upload(client, root, ['a.csv', 'b.csv', 'empty.csv', 'd'])).notes).toEqual([]);
  expect(received).toEqual([]);
});

it('an upload that failed continues with the files that are missing, and reports its progress', async () => {
  const large = randomBytes(11 * 2 ** 20);
  const root = await aProject({ 'a.csv': 'one', 'large.bin': large });
  const { client, received, objects, refuse } = await anApi();
  const failing = { ...client, uploadFile: client.uploadFile };
  failing.uploadFile = async (link, path, options) => {
    if (path.endsWith('large.bin')) refuse(100);
    await client.uploadFile(link, path, options);
  };
  await expect(upload(failing, root, ['a.csv', 'large.bin'])).rejects.toThrow('503');
  refuse(0);
  received.length = 0;
  const { notes } = await upload(client, root, ['a.csv', 'large.bin']);
  expect(received.filter((each) => each === 'PUT 3')).toEqual([]);
  expect(notes).toEqual([
    expect.stringMatching(/^uploading large.bin: /),
    ...[10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((each) => `uploading large.bin: ${each} %`),
    expect.stringMatching(/^uploaded 1 input file /),
  ]);
  const hash = createHash('sha256').update(large).digest('hex');
  expect(await objects.size(inputKey('demo', hash, 0))).toBe(large.length);
});

it('a file that changes while it is uploaded is refused, and no content is stored', async () => {
  const root = await aProject({ 'a.csv': 'one' });
  const { client, objects } = await anApi();
  for (const changed of ['two', 'x']) {
    await writeFile(join(root, 'a.csv'), 'one');
    const changing: typeof client = {
      ...client,
      uploadFile: async (link, path, options) => {
        await writeFile(path, changed);
        await client.uploadFile(link, path, options);
      },
    };
    await expect(upload(changing, root, ['a.csv'])).rejects.toThrow(FileChangedError);
  }
  const hash = createHash('sha256').update('one').digest('hex');
  expect(await objects.size(inputKey('demo', hash, 0))).toBeUndefined();
});
