/**
 * `--containers` of the commands that start a run without compiling it, and of `headrace dev`: what
 * they prepare before a step runs. The program `docker` is a stand-in that has none of the images.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { execute } from '../../../src/cli/main.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import { aCompletedStep, anInfo, runId } from '../../conformance/records.ts';
import { capturedOutput } from '../../support/captured-output.ts';
import { aHome } from '../cli/recorded.ts';
import { withDocker } from './docker-program.ts';

vi.setConfig({ testTimeout: 60_000 });
// The files of the image are part of a built package.
vi.mock('../../../src/local/containers/runner-image.ts', () => ({
  runnerFolder: () => '/nowhere',
  ensureRunnerImage: async () => 'headrace-runner:test',
  ensureRunnerVolume: async () => 'headrace-runner-test',
}));

/** Its engine responds. A `pull` of `refused` fails. */
const dockerWithout = (refused: string): string =>
  `case "$*" in
    "image inspect"*|"pull ${refused}") exit 1 ;;
    info*) echo '[]' ;;
  esac`;

const DECLARATION = pipelineDeclarationSchema.parse({ name: 'iris', docker: 'team/pipeline' });

/** A home with a failed run of a registered pipeline: `load` completed, `train` failed. */
async function aFailedRun() {
  const home = aHome();
  const { code } = anInfo(runId(1));
  await home.store.registry.register(
    { project: 'examples', name: 'iris' },
    '1.0.0',
    code.hash,
    false,
    { declaration: DECLARATION, code, defaultQueue: null, createdAt: 1 },
  );
  await home.objects.put(code.logic.key, Buffer.from(''));
  const step = (call: number, name: string) => ({
    ...aCompletedStep(call, { name, component: name }),
    options: { docker: `team/${name}` },
  });
  await home.record(
    runId(1),
    { declaration: DECLARATION, args: {} },
    { created: [step(0, 'load'), { ...step(1, 'train'), status: 'failed', values: null }] },
    { status: 'failed', callCount: 2 },
  );
  return home;
}

async function headrace(...words: readonly string[]) {
  const { output, printed } = capturedOutput();
  const code = await execute(['node', 'headrace', ...words, '--containers'], output);
  return { code, notes: printed.stderr };
}

/** The images that were downloaded, in this order. */
const pulled = (calls: readonly string[]): readonly string[] =>
  calls.flatMap((call) => /^pull (\S+)$/.exec(call)?.[1] ?? []);

it.each([
  [
    ['runs', 'resume', 'latest'],
    ['team/pipeline', 'team/train'],
  ],
  [
    ['runs', 'rerun', 'latest'],
    ['team/pipeline', 'team/load', 'team/train'],
  ],
  [['start', 'examples/iris'], ['team/pipeline']],
] as const)(
  '%j downloads the images that the records name, before the run starts; one that cannot be downloaded ends the command',
  async (words, images) => {
    const { home, store } = await aFailedRun();
    const calls = await withDocker(dockerWithout(images.at(-1) ?? ''));
    const { code, notes } = await headrace(...words, '--home', home);
    expect(notes).toContain(`the image ${images.at(-1)} could not be downloaded`);
    expect(code).toBe(2);
    expect(pulled(await calls())).toEqual(images);
    for (const image of images) expect(notes).toContain(`note: downloading the image ${image}`);
    expect(await store.queries.runs({ limit: 10 })).toHaveLength(1);
    expect((await store.tasks.run(runId(1)))?.head.status).toBe('failed');
  },
);

it.each(['resume', 'rerun'])(
  'runs %s with --file downloads the images of the new code, and no others',
  async (name) => {
    const { home } = await aFailedRun();
    const file = join(home, 'project/main.ts');
    mkdirSync(join(home, 'project'));
    writeFileSync(join(home, 'project/package.json'), '{ "type": "module" }');
    writeFileSync(
      file,
      `import { component, pipeline } from 'headrace';
      export const mended = component({ docker: 'team/mended' }, () => 1);
      export const main = pipeline({ name: 'iris' }, async () => await mended());`,
    );
    const calls = await withDocker(dockerWithout('team/mended'));
    const { code } = await headrace('runs', name, 'latest', '--file', file, '--home', home);
    expect({ code, pulled: pulled(await calls()) }).toEqual({ code: 2, pulled: ['team/mended'] });
  },
);

it.each([
  ['dev', '--port', '0'],
  ['start', 'examples/iris'],
  ['runs', 'resume', 'latest'],
  ['runs', 'rerun', 'latest'],
])(
  '%s %s %s with --containers ends with the remedy if the engine of Docker does not respond',
  async (...words) => {
    const { home, store } = await aFailedRun();
    await withDocker('echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const { code, notes } = await headrace(...words, '--home', home);
    expect(notes).toContain('(Cannot connect to the Docker daemon): start Docker, or leave');
    expect(code).toBe(2);
    expect(await store.queries.runs({ limit: 10 })).toHaveLength(1);
  },
);

it.each([
  ['start', 'examples/iris'],
  ['runs', 'resume', 'latest'],
  ['runs', 'rerun', 'latest'],
])('%s %s behind an API refuses --containers', async (...words) => {
  const { code, notes } = await headrace(
    ...words,
    ...['--mode', 'remote', '--endpoint', 'http://127.0.0.1:1'],
  );
  expect(notes).toContain('the deployment decides where steps run');
  expect(code).toBe(2);
});
