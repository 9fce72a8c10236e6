/** `headrace schedules apply` on a home, behind a `headrace dev` of this machine, and a deployment. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { applySchedules } from '../../../src/cli/apply-schedules.ts';
import { withNewSchedules as withLocalSchedules } from '../../../src/cli/local/apply-schedules.ts';
import type { TargetOptions } from '../../../src/cli/option-types.ts';
import { withNewSchedules as withRemoteSchedules } from '../../../src/cli/remote/apply-schedules.ts';
import { capturedOutput } from '../../support/captured-output.ts';
import { type ApiHarness, anApi } from '../api/harness.ts';

const DEPLOYMENT = 'https://api.example.org/live';
const DEV = 'http://127.0.0.1:4000';

/** An API at any endpoint, with the objects that links write. */
async function aDeployment({ refusesUploads = false } = {}): Promise<ApiHarness> {
  const harness = await anApi();
  vi.stubEnv('HEADRACE_TOKEN', 'token');
  vi.stubGlobal('fetch', async (address: string | URL, init: RequestInit = {}) => {
    const { host, pathname, search } = new URL(address);
    const { body, ...rest } = init;
    if (host === 'links') {
      const bytes = Buffer.from(typeof body === 'string' ? body : '');
      if (!refusesUploads) await harness.storage.objects.put(pathname.slice(1), bytes);
      return new Response('', { status: refusesUploads ? 403 : 200 });
    }
    const path = `${pathname.replace('/live', '')}${search}`;
    return await harness.api.request(path, { ...rest, body: body ?? null });
  });
  onTestFinished(() => {
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
  });
  return harness;
}

async function aFile(source: string) {
  const root = await mkdtemp(join(tmpdir(), 'headrace-apply-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const file = join(root, 'pipeline.ts');
  const write = async (text: string) => {
    await writeFile(file, `import { component, inputFile, pipeline } from 'headrace';\n${text}`);
  };
  await write(source);
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(join(root, 'data.csv'), '1,2');
  return { file, root, write };
}

/** Applies the file, and returns the printed document. @param notes receives lines of stderr */
async function apply(file: string, options: TargetOptions, notes: string[] = []): Promise<unknown> {
  const { output, printed } = capturedOutput();
  const withSchedules = options.endpoint === undefined ? withLocalSchedules : withRemoteSchedules;
  await withSchedules(file, options, (target) =>
    applySchedules(target, file, { ...options, json: true }, output),
  );
  if (printed.stderr !== '') notes.push(...printed.stderr.trimEnd().split('\n'));
  return JSON.parse(printed.stdout);
}

const NONE = { added: [], changed: [], unchanged: [], removed: [] };

const etl = (schedules: string) => `
  const load = component({}, async function load(url: string) { return url; });
  export const etl = pipeline(
    { name: 'etl', project: 'demo', schedules: ${schedules} },
    async (url: string) => await load(url),
  );`;

describe('headrace schedules apply on a deployment', () => {
  it('uploads the code, and adds, keeps, changes and removes schedules to match the file', async () => {
    const { storage } = await aDeployment();
    const nightly = "{ name: 'nightly', cron: '0 3 * * *', args: { url: '{{due}}' } }";
    const hourly = "{ name: 'hourly', every: '1h', args: { url: 'x' } }";
    const { file, write } = await aFile(etl(`[${nightly}, ${hourly}]`));
    const options = { endpoint: DEPLOYMENT };
    expect(await apply(file, options)).toEqual({ ...NONE, added: ['nightly', 'hourly'] });
    const content = (await storage.registry.version({ project: 'demo', name: 'etl' }, '1.0.0'))
      ?.content;
    expect(await storage.objects.size(content?.code.logic.key ?? '')).toBeGreaterThan(0);
    expect(content?.code.projectRoot).toBe('');
    expect(await apply(file, options)).toEqual({ ...NONE, unchanged: ['nightly', 'hourly'] });
    await write(etl(`[${hourly.replace('1h', '2h')}]`));
    expect(await apply(file, options)).toEqual({
      ...NONE,
      changed: ['hourly'],
      removed: ['nightly'],
    });
    const hour = { project: 'demo', name: 'hourly' };
    expect(await storage.schedules.schedule(hour)).toMatchObject({ declared: true, every: '2h' });
  });

  it('a schedule with an argument of another type is refused, and earlier schedules stay as they are', async () => {
    const { storage } = await aDeployment();
    const { file, write } = await aFile(
      etl("[{ name: 'hourly', every: '1h', args: { url: 'x' } }]"),
    );
    await apply(file, { endpoint: DEPLOYMENT });
    await write(etl("[{ name: 'hourly', every: '2h', args: { url: 1 } }]"));
    await expect(apply(file, { endpoint: DEPLOYMENT })).rejects.toThrow('url');
    const name = { project: 'demo', name: 'hourly' };
    expect(await storage.schedules.schedule(name)).toMatchObject({ every: '1h' });
  });

  it.each([
    ['a deployment', DEPLOYMENT],
    ['a home', undefined],
  ])(
    'code of an earlier version is reported by %s, because schedules run the highest one',
    async (_, endpoint) => {
      await aDeployment();
      const hourly = (version = '') =>
        etl(`[{ name: 'hourly', every: '1h', args: { url: 'x' }, ${version} }]`);
      const { file, root, write } = await aFile(hourly());
      const options = endpoint === undefined ? { home: join(root, 'home') } : { endpoint };
      const notes: string[] = [];
      await apply(file, options, notes);
      await write(hourly().replace('return url', 'return `${url}!`'));
      await apply(file, options, notes);
      expect(notes).toEqual([]);
      await write(hourly());
      await apply(file, options, notes);
      expect(notes).toEqual([
        expect.stringMatching(
          /^schedule hourly runs version 1\.0\.1 of etl, the highest one, and the file has the code of version 1\.0\.0: name it/,
        ),
      ]);
      await write(hourly("version: '1.0.0'"));
      await apply(file, options, notes);
      expect(notes).toHaveLength(1);
    },
  );

  it('without uploaded code, no schedule is added', async () => {
    const { storage } = await aDeployment({ refusesUploads: true });
    const { file } = await aFile(etl("[{ name: 'hourly', every: '1h', args: { url: 'x' } }]"));
    await expect(apply(file, { endpoint: DEPLOYMENT })).rejects.toThrow();
    expect(await storage.schedules.schedules({ limit: 10 })).toEqual([]);
  });
});

/** Pipelines whose scheduled runs would read `data.csv` of the project, each in its own way. */
const READERS = {
  'a literal': ['{}', "() => rows(inputFile('data.csv'))", ''],
  'the default of a parameter': ['{}', "(path = 'data.csv') => rows(inputFile(path))", ''],
  'an argument': ["{ path: 'data.csv' }", '(path: string) => rows(inputFile(path))', ''],
  'an argument as a file URL': [
    "{ path: 'file:///data/data.csv' }",
    '(path: string) => rows(inputFile(path))',
    '',
  ],
  'the option inputs': ['{}', "() => rows(inputFile(`data.${'csv'}`))", "inputs: ['*.csv'],"],
} as const;

const reader = (args: string, logic: string, options = '') => `
  const rows = component({}, async function rows(file: unknown) { return String(file); });
  export const main = pipeline(
    { name: 'reader', ${options} schedules: [{ name: 'nightly', every: '1d', args: ${args} }] },
    ${logic},
  );`;

describe('input files of scheduled runs', () => {
  it.each(Object.entries(READERS))(
    'a path that %s names is refused by a deployment, with the remedy',
    async (_, [args, logic, options]) => {
      const { storage } = await aDeployment();
      const { file } = await aFile(reader(args, logic, options));
      await expect(apply(file, { endpoint: DEPLOYMENT })).rejects.toThrow(
        /gives ".*\.csv" to inputFile, and no process uploads files for the runs of schedule nightly: put the file into a bucket/,
      );
      expect(await storage.schedules.schedules({ limit: 10 })).toEqual([]);
    },
  );

  it('a path that a called pipeline names is refused by a deployment', async () => {
    await aDeployment();
    const { file } = await aFile(`
      const rows = component({}, async function rows(file: unknown) { return String(file); });
      const inner = pipeline({ name: 'inner', inputs: ['*.csv'] }, () => rows(inputFile('data' + '.csv')));
      export const main = pipeline(
        { name: 'outer', schedules: [{ name: 'nightly', every: '1d' }] },
        async () => await inner(),
      );`);
    await expect(apply(file, { endpoint: DEPLOYMENT })).rejects.toThrow('gives "*.csv"');
  });

  it('an address of S3, and the object that caused the firing, are accepted by a deployment', async () => {
    await aDeployment();
    const logic = "(path = 'data.csv') => rows(inputFile(path))";
    const { file, write } = await aFile(reader("{ path: 's3://uploads/a.csv' }", logic));
    expect(await apply(file, { endpoint: DEPLOYMENT })).toMatchObject({ added: ['nightly'] });
    await write(
      reader("{ path: '{{object}}' }", logic).replace(
        "every: '1d'",
        "object: { bucket: 'uploads' }",
      ),
    );
    expect(await apply(file, { endpoint: DEPLOYMENT })).toMatchObject({ changed: ['nightly'] });
  });

  it.each([
    ['on this machine', undefined],
    ['behind headrace dev of this machine', DEV],
  ])('a path is accepted %s, where runs read the files of the project', async (_, endpoint) => {
    await aDeployment();
    const { file, root } = await aFile(reader(...READERS['a literal']));
    const options = endpoint === undefined ? { home: join(root, 'home') } : { endpoint };
    expect(await apply(file, options)).toMatchObject({ added: ['nightly'] });
  });
});
