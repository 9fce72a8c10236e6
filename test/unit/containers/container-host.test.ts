import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { execute } from '../../../src/cli/main.ts';
import { prepareContainerHost, pullImages } from '../../../src/local/containers/container-host.ts';
import { runnerTag } from '../../../src/local/containers/runner-image.ts';
import { processIdentity } from '../../../src/local/jobs/process-identity.ts';
import { capturedOutput } from '../../support/captured-output.ts';
import { withDocker } from './docker-program.ts';

vi.setConfig({ testTimeout: 60_000 });

/** The folder of the image, as the package has it. */
async function imageFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-image-folder-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

async function headrace(...words: readonly string[]) {
  const folder = await imageFolder({
    'package.json': '{ "type": "module" }',
    'pipeline.ts': `import { component, pipeline } from 'headrace';
      export const one = component({}, () => 1);
      export const main = pipeline({ name: 'one' }, () => one());`,
  });
  const { output, printed } = capturedOutput();
  const code = await execute(
    ['node', 'headrace', ...words.map((word) => word.replace('FOLDER', folder))],
    output,
  );
  return { code, text: printed.stderr };
}

const RUN = ['run', 'FOLDER/pipeline.ts', '--home', 'FOLDER/home', '--containers'];
const note = () => undefined;

describe('a machine for steps in containers', () => {
  it('a run in containers without the program docker ends with the remedy before it begins', async () => {
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { code, text } = await headrace(...RUN);
    expect(text).toContain('there is no program docker in the PATH: install Docker');
    expect(code).toBe(2);
  });

  it('a run in containers ends with the remedy if the engine of Docker does not respond', async () => {
    await withDocker('echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const { code, text } = await headrace(...RUN);
    expect(text).toContain(
      'its engine does not respond (Cannot connect to the Docker daemon): start Docker, or leave --containers out',
    );
    expect(code).toBe(2);
  });

  it.each([
    ['debug', 'steps are plain calls in this process'],
    ['remote', 'the deployment decides where steps run'],
  ])('the option --containers is refused in %s mode', async (mode, reason) => {
    const endpoint = mode === 'remote' ? ['--endpoint', 'http://127.0.0.1:1'] : [];
    const { code, text } = await headrace(...RUN, '--mode', mode, ...endpoint);
    expect(text).toContain(reason);
    expect(code).toBe(2);
  });

  it('containers of engines that have gone are removed, and those of living engines stay', async () => {
    const own = processIdentity(process.pid);
    const calls = await withDocker(
      `case $1 in ps) echo 'living ${own?.pid} ${own?.startTime}'; echo 'left 1 0' ;; info) echo '[]' ;; esac`,
    );
    await prepareContainerHost('/home/of/runs', note, await imageFolder({}));
    expect(await calls()).toContain('rm --force left');
  });

  it('in a rootless engine, the user of containers is root', async () => {
    await withDocker(`case $1 in info) echo '["name=rootless"]' ;; esac`);
    const { user } = await prepareContainerHost('/home/of/runs', note, await imageFolder({}));
    expect(user).toBe('0:0');
  });

  it('an image that is missing is downloaded once, and a failure names the image', async () => {
    const calls = await withDocker(
      'case "$*" in "image inspect"*|"pull team/wrong") exit 1 ;; esac',
    );
    await pullImages(['team/image:1', 'team/image:1'], note);
    expect((await calls()).filter((call) => call === 'pull team/image:1')).toHaveLength(1);
    await expect(pullImages(['team/wrong'], note)).rejects.toThrow(
      'the image team/wrong could not be downloaded',
    );
  });

  it('an image that cannot be built is an error with the command that builds it by hand', async () => {
    await withDocker('case "$*" in "image inspect"*|build*) exit 1 ;; esac');
    await expect(
      prepareContainerHost('/home/of/runs', note, await imageFolder({})),
    ).rejects.toThrow(
      /docker build --tag headrace-runner:[0-9a-f]{16} --build-arg BASE=… .*headrace-image-folder/,
    );
  });

  it('the tag of the image changes with its files, and not with a vendored Node.js', async () => {
    const folder = await imageFolder({ Dockerfile: 'FROM a' });
    const tag = runnerTag(folder);
    await writeFile(join(folder, 'vendor'), 'node');
    expect(runnerTag(folder)).toBe(tag);
    await writeFile(join(folder, 'Dockerfile'), 'FROM b');
    expect(runnerTag(folder)).not.toBe(tag);
  });
});
