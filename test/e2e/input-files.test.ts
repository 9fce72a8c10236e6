import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { aProject, type Project } from './cli.ts';
import { aServer } from './dev.ts';

const SOURCE = `import { readFile, readdir } from 'node:fs/promises';
import { ArtifactFile, component, inputFile, pipeline, StorageManager } from 'headrace';

export const count = component({ returnValues: ['lines'], cache: true }, async (file: ArtifactFile) =>
  (await readFile(file.path, 'utf8')).trimEnd().split('\\n').length);
export const list = component({ cache: true }, async ({ folder }: { folder: ArtifactFile }) => (await readdir(folder.path)).sort());
export const where = component({}, () => 'data/houses.csv');
export const stale = component({ cache: true }, async (path: string) => (await readFile(path, 'utf8')).length);
export const fetched = component({}, async (url: string) => (await readFile(await StorageManager.getLocalCopy(url), 'utf8')).length);

export const main = pipeline({ name: 'main' }, async (address = 'data/houses.csv') => await count(inputFile(address)));
export const folder = pipeline({ name: 'folder' }, async () => await list({ folder: inputFile('data') }));
export const computed = pipeline({ name: 'computed' }, async () => await count(inputFile(where())));
export const reads = pipeline({ name: 'reads' }, async () => await stale('data/houses.csv'));
export const copies = pipeline({ name: 'copies' }, async (url: string) => await fetched(url));
`;

const PROJECT = { 'main.ts': SOURCE, 'data/houses.csv': 'a\nb\n' };

/** The result of a run, and the status of the step `count` or `list`. */
async function resultOf({ json }: Project, ...args: readonly string[]) {
  const { run } = await json('run', 'main.ts', ...args);
  const step = run.steps.find(({ name }) => ['count', 'list'].includes(name));
  return { result: run.result, status: step?.status };
}

async function expectInputsByContent(project: Project) {
  const main = ['--pipeline', 'main'];
  expect(await resultOf(project, ...main)).toEqual({ result: 2, status: 'completed' });
  expect(await resultOf(project, ...main)).toEqual({ result: 2, status: 'cached' });
  await project.write('data/houses.csv', 'a\nb\nc\n');
  expect(await resultOf(project, ...main)).toEqual({ result: 3, status: 'completed' });
  // The content counts, not the way to it.
  expect(await resultOf(project, '--pipeline', 'computed')).toEqual({
    result: 3,
    status: 'cached',
  });

  const folder = ['--pipeline', 'folder'];
  expect(await resultOf(project, ...folder)).toEqual({
    result: ['houses.csv'],
    status: 'completed',
  });
  expect(await resultOf(project, ...folder)).toEqual({ result: ['houses.csv'], status: 'cached' });
  await project.write('data/more.csv', '');
  expect(await resultOf(project, ...folder)).toEqual({
    result: ['houses.csv', 'more.csv'],
    status: 'completed',
  });

  const missing = await project.cli('run', 'main.ts', ...main, '--arg', 'address=data/none.csv');
  expect(missing.code).toBe(1);
  expect(missing.stdout).toContain(
    `inputFile("data/none.csv"): there is no file or folder ${join(project.folder, 'data/none.csv')}`,
  );
}

it('in local mode, an input file counts by its content', async () => {
  await expectInputsByContent(await aProject(PROJECT));
});

it('behind a server, an input file counts by its content', async () => {
  await expectInputsByContent(await aServer(PROJECT).then(({ project }) => project));
});

it('a URL as an input counts by its content, and getLocalCopy fetches it by its ETag', async () => {
  let text = 'a\nb\n';
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const etag = `"${text.length}"`;
    const status = request.headers['if-none-match'] === etag ? 304 : 200;
    statuses.push(status);
    response.writeHead(status, { etag }).end(status === 200 ? text : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}/houses.csv`;
  const project = await aProject(PROJECT);
  vi.stubEnv('HEADRACE_DOWNLOADS', join(project.folder, '.downloads'));
  onTestFinished(() => void vi.unstubAllEnvs());

  const run = ['--pipeline', 'main', '--arg', `address=${url}`];
  expect(await resultOf(project, ...run)).toEqual({ result: 2, status: 'completed' });
  expect(await resultOf(project, ...run)).toEqual({ result: 2, status: 'cached' });
  text = 'a\nb\nc\n';
  expect(await resultOf(project, ...run)).toEqual({ result: 3, status: 'completed' });
  const copy = await project.json('run', 'main.ts', '--pipeline', 'copies', '--arg', `url=${url}`);
  expect(copy.run.result).toBe(6);
  expect(statuses).toEqual([200, 304, 200, 304]);
});

it('a cached step that opens a file of the project gets a note that names it', async () => {
  const { cli } = await aProject(PROJECT);
  const note = 'step stale is cached and reads data/houses.csv, which is no argument';
  const run = await cli('run', 'main.ts', '--pipeline', 'reads');
  expect(run.stdout).toContain(note);
  expect((await cli('runs', 'logs', 'latest')).stdout).toContain(note);
  expect((await cli('run', 'main.ts', '--pipeline', 'main')).stdout).not.toContain('which is no');
});
