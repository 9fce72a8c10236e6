/** The files that a step behind `inputFile` gets from the store. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { packFolder } from '../../../src/folders/pack-folder.ts';
import { scanFolder } from '../../../src/folders/scan-folder.ts';
import { inputKey } from '../../../src/model/object-layout.ts';
import { inputListText, type RunInput } from '../../../src/model/run-inputs.ts';
import { uploadedInput } from '../../../src/runner/uploaded-inputs.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { temporaryFolder } from '../../e2e/headrace.ts';

const outputPrefix = 'p/demo/data/run/0/1';
const hashOf = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

async function aRun() {
  const folder = await temporaryFolder();
  const { objects } = createMemoryStorage();
  const store = async (content: Uint8Array | string, project = 'demo') => {
    const bytes = Buffer.from(content);
    const key = inputKey(project, hashOf(bytes), 0);
    await objects.put(key, bytes);
    return { key, size: bytes.length };
  };
  let count = 0;
  return {
    folder,
    objects,
    store,
    async open(inputs: readonly RunInput[], address: string) {
      const list = await store(inputListText(inputs));
      return await uploadedInput(
        { outputPrefix, inputs: list },
        { objects, temporaryDirectory: join(folder, String(++count)) },
        address,
      );
    },
  };
}

it('an uploaded file or folder is a copy with the name of its path, whatever the form of the address', async () => {
  const { folder, store, open } = await aRun();
  await mkdir(join(folder, 'source/deep'), { recursive: true });
  await writeFile(join(folder, 'source/deep/b.csv'), 'two');
  const archive = await packFolder(await scanFolder(join(folder, 'source'))).toArray();
  const inputs: RunInput[] = [
    { path: 'data/a.csv', kind: 'file', ...(await store('one')) },
    { path: 'data', kind: 'folder', ...(await store(Buffer.concat(archive))) },
  ];
  const file = await open(inputs, './data/x/../a.csv');
  expect([basename(file ?? ''), await readFile(file ?? '', 'utf8')]).toEqual(['a.csv', 'one']);
  const inFolder = await open(inputs, 'data/deep/b.csv');
  expect(await readFile(inFolder ?? '', 'utf8')).toBe('two');
  for (const other of ['database', 'other.csv', 'https://example/data/a.csv'])
    expect(await open(inputs, other), other).toBeUndefined();
});

it('an input of another project, an expired one and a damaged one are refused', async () => {
  const { objects, store, open } = await aRun();
  const input = { path: 'a.csv', kind: 'file' as const };
  const foreign = { ...input, ...(await store('one', 'other')) };
  await expect(open([foreign], 'a.csv')).rejects.toThrow('belongs to another project');
  const outside = { ...input, size: 3, key: `p/demo/data/run/../../../other/${hashOf('one')}` };
  await expect(open([outside], 'a.csv')).rejects.toThrow('belongs to another project');
  const expired = { ...input, key: inputKey('demo', hashOf('gone'), 0), size: 4 };
  await expect(open([expired], 'a.csv')).rejects.toThrow('has expired: start a new run');
  const stored = { ...input, ...(await store('one')) };
  await objects.put(stored.key, Buffer.from('two'));
  await expect(open([stored], 'a.csv')).rejects.toThrow('damaged');
});

it('a list of inputs with another content than its hash is refused', async () => {
  const { folder, objects, store } = await aRun();
  const list = await store(inputListText([]));
  await objects.put(list.key, Buffer.from('{"inputs":[1]}'));
  const context = { objects, temporaryDirectory: folder };
  const opening = uploadedInput({ outputPrefix, inputs: list }, context, 'a.csv');
  await expect(opening).rejects.toThrow(list.key);
});
