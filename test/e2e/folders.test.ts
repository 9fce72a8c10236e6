import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aProject, expectRefusal } from './cli.ts';
import { aServer } from './dev.ts';

/** A cache as the libraries of Hugging Face write it: files of a snapshot are links to blobs. */
const SOURCE = `
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactFile, component, currentStep, pipeline } from 'headrace';

export const download = component({ returnValues: ['cache', 'snapshot'] }, async () => {
  const cache = join(currentStep().temporaryDirectory, 'models--org--name');
  const snapshot = join(cache, 'snapshots/0123abcd');
  mkdirSync(join(cache, 'blobs'), { recursive: true });
  mkdirSync(join(snapshot, 'onnx'), { recursive: true });
  writeFileSync(join(cache, 'blobs/sha1'), 'config');
  writeFileSync(join(cache, 'blobs/sha2'), 'weights');
  symlinkSync('../../blobs/sha1', join(snapshot, 'config.json'));
  symlinkSync('../../../blobs/sha2', join(snapshot, 'onnx/model.bin'));
  await currentStep().uploadArtifact('uploaded', new ArtifactFile(snapshot));
  await currentStep().uploadModel('model', cache);
  return [new ArtifactFile(cache), new ArtifactFile(snapshot)];
});
export const read = component({ returnValues: ['text'] }, (cache: ArtifactFile, snapshot: ArtifactFile) =>
  [join(cache.path, 'snapshots/0123abcd'), snapshot.path]
    .flatMap((folder) => ['config.json', 'onnx/model.bin'].map((name) => readFileSync(join(folder, name), 'utf8')))
    .join(),
);
export const main = pipeline({ name: 'main', project: 'tests' }, async () => {
  const [cache, snapshot] = download();
  return await read(cache, snapshot);
});
`;

const BROKEN = `
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactFile, component, currentStep, pipeline } from 'headrace';

export const returned = component({}, () => {
  const folder = currentStep().temporaryDirectory;
  symlinkSync('missing', join(folder, 'dangling'));
  return new ArtifactFile(folder);
});
export const uploaded = component({}, async () => {
  const folder = currentStep().temporaryDirectory;
  symlinkSync('missing', join(folder, 'dangling'));
  await currentStep().uploadModel('model', folder);
});
export const returns = pipeline({ name: 'returns', project: 'tests' }, async () => { await returned(); });
export const uploads = pipeline({ name: 'uploads', project: 'tests' }, async () => { await uploaded(); });
`;

const TEXT = 'config,weights,config,weights';

describe('folders with links', () => {
  it('a cache of Hugging Face passes from step to step, and can be fetched', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const { code, run } = await project.json('run', 'main.ts');
    expect({ code, result: run.result }).toEqual({ code: 0, result: TEXT });
    await expectFetched(project, 'latest');

    const { stderr, ...refused } = await project.cli(
      ...['artifacts', 'get', 'latest', 'download', 'cache', '-o', 'copy-cache'],
    );
    expectRefusal({ stderr, ...refused }, 'copy-cache is not empty');
    await writeFile(join(project.folder, 'copy-cache/own.txt'), 'own');
    const file = await project.cli(
      ...['artifacts', 'get', 'latest', 'download', 'cache', '-o', 'copy-cache/own.txt'],
    );
    expect(file.code).not.toBe(0);
    expect(await readFile(join(project.folder, 'copy-cache/own.txt'), 'utf8')).toBe('own');
  });

  it('the same is true in debug mode and behind an API', async () => {
    const { project } = await aServer({ 'main.ts': SOURCE });
    const { run } = await project.json('run', 'main.ts');
    expect(run.result).toBe(TEXT);
    await expectFetched(project, run.id);
    const debug = await project.json('run', 'main.ts', '--mode', 'debug');
    expect(debug.run.result).toBe(TEXT);
  });

  it('a link that leads nowhere fails the step with its path, in every mode', async () => {
    const project = await aProject({ 'main.ts': BROKEN });
    for (const mode of ['local', 'debug'])
      for (const pipeline of ['returns', 'uploads']) {
        const { code, stdout, stderr } = await project.cli(
          ...['run', 'main.ts', '--pipeline', pipeline, '--mode', mode],
        );
        expect(code, stderr).toBe(1);
        expect(stdout + stderr).toMatch(
          /\/dangling is a link to missing, which does not exist: remove the link/,
        );
      }
  });
});

async function expectFetched(
  project: Awaited<ReturnType<typeof aProject>>,
  run: string,
): Promise<void> {
  for (const name of ['cache', 'snapshot', 'uploaded', 'model']) {
    const target = `copy-${name}`;
    const got = await project.cli(...['artifacts', 'get', run, 'download', name, '-o', target]);
    expect(got).toMatchObject({ code: 0, stdout: '' });
    const isCache = name === 'cache' || name === 'model';
    const snapshot = join(project.folder, target, isCache ? 'snapshots/0123abcd' : '');
    expect(await readFile(join(snapshot, 'onnx/model.bin'), 'utf8')).toBe('weights');
    expect((await readdir(snapshot)).sort()).toEqual(['config.json', 'onnx']);
    const config = join(snapshot, 'config.json');
    expect((await lstat(config)).isSymbolicLink()).toBe(isCache);
    if (isCache) expect(await readlink(config)).toBe('../../blobs/sha1');
  }
}
