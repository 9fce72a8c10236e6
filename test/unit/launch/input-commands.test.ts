/**
 * The uploads of input files by the commands that start runs behind an API, which is in this
 * process.
 *
 * @module
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../../src/cli/remote/run.ts';
import { rerun, resume } from '../../../src/cli/remote/runs.ts';
import { start } from '../../../src/cli/remote/start.ts';
import { createFileLinks } from '../../../src/local/file-links.ts';
import type { RunStatus } from '../../../src/model/run.ts';
import { readInputList } from '../../../src/model/run-inputs.ts';
import type { Links } from '../../../src/ports/links.ts';
import { outputTo } from '../../../src/program-client/text-output.ts';
import { commit } from '../api/answers-harness.ts';
import { anApi, idOf } from '../api/harness.ts';

vi.setConfig({ testTimeout: 60_000 });

const SOURCE = `import { inputFile, pipeline } from 'headrace';
export const inner = pipeline({ name: 'inner', project: 'tests', inputs: ['rows/*.csv'] }, async (name: string, path = 'data/default.csv') =>
  [await inputFile(path), await inputFile('data/inner.csv'), await inputFile('rows/' + name + '.csv')].length);
export const main = pipeline({ name: 'main', project: 'tests' }, async (path: string) =>
  [await inputFile(path), await inputFile('data/literal.csv'), await inner('a')].length);
`;

const FILES = [
  'data/given.csv',
  'data/other.csv',
  'data/literal.csv',
  'data/inner.csv',
  'data/default.csv',
  'rows/a.csv',
  'rows/b.csv',
];
/** What a run of `main` uploads besides the file of its parameter. */
const ALWAYS = [
  'data/default.csv',
  'data/inner.csv',
  'data/literal.csv',
  'rows/a.csv',
  'rows/b.csv',
];

const OPTIONS = { arg: [], tag: [], signal: [], cache: true, queueConcurrency: {} } as const;

/** A project, and a deployment whose runs have ended when they are created. */
async function aDeployment(status: RunStatus = 'completed') {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-input-commands-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  };
  await write('package.json', '{ "type": "module" }');
  await write('main.ts', SOURCE);
  for (const file of FILES) await write(file, file);
  await mkdir(join(folder, 'tmp'));
  vi.stubEnv('TMPDIR', join(folder, 'tmp'));
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  onTestFinished(() => void vi.restoreAllMocks());

  const target: { base: string; links?: ReturnType<typeof createFileLinks> } = { base: '' };
  const links: Links = {
    read: async (...args) => await linksOf().read(...args),
    write: async (...args) => await linksOf().write(...args),
  };
  const harness = await anApi({ links });
  const linksOf = () =>
    (target.links ??= createFileLinks({
      objects: harness.storage.objects,
      secret: Buffer.alloc(32),
      clock: { now: () => harness.now },
      baseUrl: () => target.base,
    }));
  const { tasks } = harness.storage;
  const create = tasks.createRun.bind(tasks);
  vi.spyOn(tasks, 'createRun').mockImplementation(async (info, head) => {
    const created = await create(info, head);
    await commit(harness, info.id, {}, { status, endedAt: 1 });
    return created;
  });
  /** Called for each upload, before its content is read. */
  const onUpload: { received: (request: Request) => void } = { received: () => undefined };
  const server = createServer(
    getRequestListener(async (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname.startsWith('/objects/')) {
        onUpload.received(request);
        return await linksOf().handle(request);
      }
      const body = request.method === 'GET' ? {} : { body: await request.text() };
      return await harness.api.request(pathname.replace(/^\/prod/, '') + search, {
        method: request.method,
        headers: request.headers,
        ...body,
      });
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  target.base = `http://127.0.0.1:${address.port}`;
  // The API of a `headrace dev` has no path.
  const endpoint = `${target.base}/prod`;
  vi.stubEnv('HEADRACE_TOKEN', 'token');
  const notes: string[] = [];
  const output = {
    ...outputTo(async () => undefined),
    note: (line: string) => void notes.push(line),
  };
  let runs = 0;
  return {
    folder,
    write,
    notes,
    output,
    onUpload,
    options: { ...OPTIONS, endpoint },
    file: join(folder, 'main.ts'),
    runs: async () => await harness.storage.tasks.runs({ limit: 100 }),
    /** The files of the run that was created last. */
    async inputs() {
      runs = (await harness.storage.tasks.runs({ limit: 100 })).length;
      const list = (await tasks.run(idOf(runs)))?.info.inputs;
      if (list === undefined) return undefined;
      const text = Buffer.from(await harness.storage.objects.get(list.key, list.size)).toString();
      return readInputList(text)
        ?.map(({ path }) => path)
        .sort();
    },
  };
}

it('start uploads the files of its arguments, of literals, and of called pipelines', async () => {
  const { options, file, output, inputs, runs } = await aDeployment();
  await run(file, { ...options, pipeline: 'main', arg: ['path=data/given.csv'] }, output);
  expect(await inputs()).toEqual(['data/default.csv', 'data/given.csv', ...ALWAYS.slice(1)]);
  await start('tests/main', { ...options, arg: ['path=data/other.csv'] }, output);
  expect(await inputs()).toEqual([
    'data/default.csv',
    'data/inner.csv',
    'data/literal.csv',
    'data/other.csv',
    'rows/a.csv',
    'rows/b.csv',
  ]);
  expect(await runs()).toHaveLength(2);
});

it('a rerun keeps the files of the run, unless --file or an argument names others', async () => {
  const { options, file, output, inputs, write } = await aDeployment();
  await run(file, { ...options, pipeline: 'main', arg: ['path=data/given.csv'] }, output);
  const first = await inputs();
  await rerun('latest', options, output);
  expect(await inputs()).toEqual(first);
  await rerun('latest', { ...options, arg: ['path=data/other.csv'] }, output);
  expect(await inputs()).toEqual([...ALWAYS, 'data/other.csv'].sort());
  await write('data/mended.csv', 'mended');
  await write('main.ts', SOURCE.replace('data/literal.csv', 'data/mended.csv'));
  await rerun('latest', { ...options, file }, output);
  expect(await inputs()).toEqual(
    [...ALWAYS, 'data/other.csv', 'data/mended.csv']
      .filter((path) => path !== 'data/literal.csv')
      .sort(),
  );
});

it('resume --file uploads the files of the mended code', async () => {
  const { options, file, output, inputs, write } = await aDeployment('failed');
  await run(file, { ...options, pipeline: 'main', arg: ['path=data/given.csv'] }, output);
  await write('data/mended.csv', 'mended');
  await write('main.ts', SOURCE.replace('data/literal.csv', 'data/mended.csv'));
  await resume('latest', { ...options, file }, output);
  expect(await inputs()).toContain('data/mended.csv');
});

/** The sizes of code differ, those of the files do not. */
const isFile = (request: Request): boolean => request.url.includes('/inputs/');

it.each([
  ['its first file', 0, isFile],
  ['its third file', 2, isFile],
  ['the code', 0, (request: Request) => !isFile(request)],
])(
  'Ctrl-C during the upload of %s ends the command with 130, and starts no run; the next start sends only the rest',
  async (_, position, isCounted) => {
    const { options, folder, file, output, notes, onUpload, runs, inputs } = await aDeployment();
    const given = { ...options, pipeline: 'main', arg: ['path=data/given.csv'] };
    let counted = 0;
    let files = 0;
    onUpload.received = (request) => {
      if (isFile(request)) files += 1;
      if (isCounted(request) && counted++ === position) process.emit('SIGINT');
    };
    expect(await run(file, given, output)).toBe(130);
    expect(notes.join('\n')).toContain('interrupted: no run was started');
    expect(await runs()).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    expect(process.listenerCount('SIGINT')).toBe(0);
    expect(files).toBeLessThan(4);
    expect(await run(file, given, output)).toBe(0);
    // Six files and their list; one that was interrupted may be sent again.
    expect(files).toBeLessThanOrEqual(8);
    expect(await inputs()).toHaveLength(6);
  },
);
