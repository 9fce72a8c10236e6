import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ProgramError } from '../../../src/sdk/errors.ts';
import { chooseMode, currentMode, setDefaultQueue } from '../../../src/sdk/program-settings.ts';

const source = (path: string): string =>
  fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));
const tsx = import.meta.resolve('tsx');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace program '));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a program as `npx tsx` does, in a package of ES modules or CommonJS; returns its output. */
async function run(type: 'module' | 'commonjs', text: string): Promise<string> {
  const home = join(folder, type);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), JSON.stringify({ type }));
  await writeFile(
    join(home, 'main.ts'),
    text.replaceAll("from 'headrace'", `from ${JSON.stringify(source('index.ts'))}`),
  );
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', tsx, join(home, 'main.ts')],
    {
      env: { ...process.env, HEADRACE_MODE: '' },
    },
  );
  return stdout;
}

const launcher = `
import { setLauncher } from ${JSON.stringify(source('sdk/launch.ts'))};
setLauncher(async (request) => { console.log(JSON.stringify(request)); return 7; });
`;

const program = (last: string): string => `
import { component, pipeline, PipelineDecorator, StepFailedError } from 'headrace';
${launcher}
const add = component({ returnValues: ['sum'] }, (a: number, b = 1) => a + b);
const bad = component({}, () => { throw new Error('bad'); });
export const main = PipelineDecorator.pipeline({ project: 'p' }, async (n: number) => {
  try { await bad(); } catch (error) { if (!(error instanceof StepFailedError) || error.step !== 'bad') throw error; }
  return add(add(n));
});
${last}
`;

/** Starts a run in local mode, then in debug mode, and prints both results. */
const STARTS = `
const print = (what: unknown) => console.log(JSON.stringify(what));
const start = async () => {
  PipelineDecorator.setDefaultExecutionQueue('cpu');
  print(await main(5));
  PipelineDecorator.debugPipeline();
  print(await main(5));
};
void start();
`;

describe.each(['module', 'commonjs'] as const)('a plain program (%s)', (type) => {
  it('a program requests a local run by default, and runs the pipeline itself in debug mode', async () => {
    const lines = (await run(type, program(STARTS))).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        file: join(folder, type, 'main.ts'),
        name: 'main',
        functionName: null,
        args: [5],
        mode: 'local',
        defaultQueue: 'cpu',
      },
      7,
      7,
    ]);
  }, 60_000);
});

describe('the mode', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('the mode is chosen by the program, else by the environment, else local', () => {
    vi.stubEnv('HEADRACE_MODE', '');
    expect(currentMode()).toBe('local');
    vi.stubEnv('HEADRACE_MODE', 'remote');
    expect(currentMode()).toBe('remote');
    vi.stubEnv('HEADRACE_MODE', 'quick');
    expect(currentMode).toThrow('HEADRACE_MODE is "quick"; it must be debug, local, remote');
    chooseMode('debug');
    expect(currentMode()).toBe('debug');
  });

  it('a default queue without a name is refused', () => {
    expect(() => setDefaultQueue(' ')).toThrow(ProgramError);
  });
});

it('importing Headrace does not load the engine, zod, the codec or the bundler', async () => {
  const bundle = await rolldown({
    input: source('index.ts'),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const reached = new Set<string>();
  const reach = (file: string): void => {
    const chunk = output.find((candidate) => candidate.fileName === file);
    if (chunk?.type !== 'chunk' || reached.has(file)) return void reached.add(file);
    reached.add(file);
    chunk.imports.forEach(reach);
  };
  reach(output[0].fileName);
  expect([...reached].filter((name) => !name.endsWith('.js') && !name.startsWith('node:'))).toEqual(
    [],
  );
  expect([...reached]).toContain('node:async_hooks');
});
