/**
 * Tests the runner in real containers. Without a Docker engine, the only test reports the reason;
 * with `HEADRACE_DOCKER=required`, it fails.
 *
 * @module
 */
import { afterAll, describe, expect, test } from 'vitest';
import { failureOf, resultOf, startContainerServices } from '../runner/container-services.ts';
import { PUBLISHED, startRegistry } from '../runner/registry.ts';
import { servedCheckout } from '../runner/served-checkout.ts';
import { runContainer, startContainer } from './containers.ts';
import { type DockerEngine, NoDockerError, startDocker } from './engine.ts';
import { buildImages, USER_IMAGE } from './images.ts';
import { prepareLocalContainers } from './local-containers.ts';

async function startEngine(): Promise<DockerEngine | NoDockerError> {
  let engine: DockerEngine | undefined;
  try {
    engine = await startDocker();
    await buildImages(engine);
    return engine;
  } catch (error) {
    await engine?.stop();
    if (error instanceof NoDockerError) return error;
    throw error;
  }
}

const engine = await startEngine();
const noDocker = engine instanceof NoDockerError ? engine : undefined;

test(
  noDocker === undefined ? 'a Docker engine is available' : `no Docker engine: ${noDocker.message}`,
  () => {
    if (process.env.HEADRACE_DOCKER === 'required') expect(noDocker).toBeUndefined();
  },
);

if (!(engine instanceof NoDockerError)) {
  const services = await startContainerServices();
  const registry = await startRegistry(PUBLISHED);
  afterAll(async () => {
    await registry.stop();
    await services.stop();
    await engine.stop();
  });

  describe('the step image', () => {
    test('the step image runs a step under Node 24 with a heap that fits the memory of its container', async () => {
      const code =
        "import v8 from 'node:v8'; export default () => [process.versions.node.split('.')[0], Math.round(v8.getHeapStatistics().heap_size_limit / 2 ** 20), process.cwd()];";
      const submitted = await services.submit({ code });
      const { exitCode, log } = await runContainer(engine, submitted, { memory: '512m' });
      expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
      const [node, heap, folder] = [resultOf(await services.messages(submitted.job))].flat();
      expect([node, folder]).toEqual(['24', '/work']);
      expect(heap).toBeGreaterThan(300);
      expect(heap).toBeLessThan(512);
    });

    test('a step runs as a user without rights of root, who can write the working directory, the home and temporary files, and not the runner', async () => {
      const code = `
        import { accessSync, constants, writeFileSync } from 'node:fs';
        import { homedir, tmpdir } from 'node:os';
        const writes = (folder) => { try { accessSync(folder, constants.W_OK); return true; } catch { return false; } };
        export default () => {
          writeFileSync('made', 'yes');
          return [process.getuid(), process.getgid(), ...[process.cwd(), homedir(), tmpdir(), '/headrace', '/headrace/lib', '/etc', '/usr/local/bin'].map(writes)];
        };`;
      const own = await services.submit({ code });
      await runContainer(engine, own);
      expect(resultOf(await services.messages(own.job))).toEqual([
        ...[1000, 1000, true, true, true, false, false, false, false],
      ]);
      const asRoot = await services.submit({ code });
      await runContainer(engine, asRoot, { user: 'root' });
      expect([resultOf(await services.messages(asRoot.job))].flat().slice(0, 2)).toEqual([0, 0]);
    });

    test('the setup script and the repository of a step need no rights of root', async () => {
      const submitted = await services.submit({
        code: "import { readFileSync } from 'node:fs'; export default () => readFileSync('README', 'utf8').trim();",
        preparation: {
          dockerBashSetupScript:
            'git init --quiet /tmp/origin && cd /tmp/origin && echo hello > README && git add . && git -c user.name=a -c user.email=a@b commit --quiet -m a',
          repo: 'file:///tmp/origin',
        },
      });
      const { log } = await runContainer(engine, submitted);
      const result = resultOf(await services.messages(submitted.job));
      expect({ log, result }).toMatchObject({ result: 'hello' });
    });

    test('a step whose container runs out of memory fails, and the container exits with code 137', async () => {
      const code =
        'const blocks = []; export default () => { for (;;) blocks.push(Buffer.alloc(16 * 2 ** 20, 1)); };';
      const submitted = await services.submit({ code });
      const { exitCode } = await runContainer(engine, submitted, { memory: '256m' });
      expect(exitCode).toBe(137);
      expect(failureOf(await services.messages(submitted.job))).toMatchObject({
        exitCode: 137,
        error: {
          name: 'OutOfMemoryError',
          message: "the step was killed because the container's memory (256 MiB) was used up",
        },
      });
    });

    test('a container reports the reclaim of its machine and exits within its grace period', async () => {
      const submitted = await services.submit({
        code: "export default () => { console.log('busy'); return new Promise(() => setInterval(() => {}, 1000)); };",
      });
      const container = await startContainer(engine, submitted);
      await container.logged('busy');
      await container.stop(30);
      expect((await container.ended).exitCode).toBe(143);
      expect(failureOf(await services.messages(submitted.job))).toMatchObject({
        stopReason: 'reclaimed',
      });
    });

    test('a step that never yields is killed after its reclaim is reported', async () => {
      const submitted = await services.submit({
        code: "export default () => { console.log('busy'); for (;;) {} };",
      });
      const container = await startContainer(engine, submitted, {
        variables: { HEADRACE_GRACE_SECONDS: '2' },
      });
      await container.logged('busy');
      await container.stop(30);
      expect((await container.ended).exitCode).toBe(137);
      expect(failureOf(await services.messages(submitted.job))).toMatchObject({
        stopReason: 'reclaimed',
      });
    });

    test('orphaned processes of a step are reaped, so that none remains as a zombie', async () => {
      const code = `
        import { execFileSync } from 'node:child_process';
        import { readFileSync } from 'node:fs';
        import { setTimeout as pause } from 'node:timers/promises';
        // Its parent exits first: the container's first process inherits it.
        const orphan = () => Number(execFileSync('sh', ['-c', 'sleep 0.3 > /dev/null 2>&1 & echo $!']).toString());
        const state = (pid) => { try { return readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1][0]; } catch { return undefined; } };
        export default async () => {
          const pids = [orphan(), orphan(), orphan()];
          while (pids.some((pid) => state(pid) === 'S' || state(pid) === 'R')) await pause(50);
          await pause(500);
          return pids.map((pid) => state(pid) ?? 'reaped');
        };`;
      const submitted = await services.submit({ code });
      await runContainer(engine, submitted);
      expect(resultOf(await services.messages(submitted.job))).toEqual([
        'reaped',
        'reaped',
        'reaped',
      ]);
    });

    test('a step in a container is stopped at its time limit', async () => {
      const submitted = await services.submit({
        code: 'export default () => { for (;;) {} };',
        spec: { timeoutSeconds: 1 },
      });
      await runContainer(engine, submitted, { variables: { HEADRACE_GRACE_SECONDS: '2' } });
      expect(failureOf(await services.messages(submitted.job))).toMatchObject({
        stopReason: 'timeout',
      });
    });

    test('the step image installs packages in their exact versions', async () => {
      const submitted = await services.submit({
        code: "import { version } from 'counting'; import { add } from 'adding'; export default () => [version, ...add(40, 2)];",
        spec: {
          packages: [
            { name: 'counting', version: '1.0.0' },
            { name: 'adding', version: '2.0.0' },
          ],
        },
      });
      const { log } = await runContainer(engine, submitted, { variables: registry.variables });
      const messages = await services.messages(submitted.job);
      expect({ log, result: resultOf(messages) }).toMatchObject({ result: ['1.0.0', 42, '1.0.0'] });
    });

    test('a secret is a variable of a step in a container', async () => {
      await services.createSecret('team/api', 's3cret');
      const submitted = await services.submit({
        code: 'export default () => process.env.API_KEY;',
        preparation: { secrets: { API_KEY: 'team/api' } },
      });
      await runContainer(engine, submitted);
      expect(resultOf(await services.messages(submitted.job))).toBe('s3cret');
    });
  });

  describe("a user's own image", () => {
    test('a user image runs a step with the runner of the volume and its own user, folder and entry point', async () => {
      const code =
        'export default () => [process.env.FROM_IMAGE, process.cwd(), process.getuid() > 0, process.versions.node.split(".")[0]];';
      const submitted = await services.submit({ code });
      const { exitCode, log } = await runContainer(engine, submitted, { image: USER_IMAGE });
      expect({ exitCode, log }).toMatchObject({
        exitCode: 0,
        log: expect.stringContaining('entry of the image'),
      });
      expect(resultOf(await services.messages(submitted.job))).toEqual([
        'yes',
        '/home/ada',
        true,
        '24',
      ]);
    });

    test('a user image runs a setup script and installs packages', async () => {
      const submitted = await services.submit({
        code: "import { version } from 'counting'; import { readFileSync } from 'node:fs'; export default () => [version, readFileSync('number', 'utf8'), process.env.MADE];",
        spec: { packages: [{ name: 'counting', version: '1.2.0' }] },
        preparation: { dockerBashSetupScript: 'echo -n 42 > number\nexport MADE=here' },
      });
      const { log } = await runContainer(engine, submitted, {
        image: USER_IMAGE,
        variables: registry.variables,
      });
      const messages = await services.messages(submitted.job);
      expect({ log, result: resultOf(messages) }).toMatchObject({
        result: ['1.2.0', '42', 'here'],
      });
    });

    test('a step with a repository fails with a message in a user image without git', async () => {
      const submitted = await services.submit({
        code: 'export default () => 1;',
        preparation: { repo: 'https://host.example/a.git' },
      });
      await runContainer(engine, submitted, { image: USER_IMAGE });
      expect(failureOf(await services.messages(submitted.job)).error.message).toContain(
        'The image has no git',
      );
    });
  });

  describe('headrace run --containers', async () => {
    const local = await prepareLocalContainers(engine);
    afterAll(() => local.stop());

    test('steps of a local run have their images, arguments, files, repositories, resources and secrets, and report metrics', async () => {
      const source = `
        import { readFileSync, writeFileSync } from 'node:fs';
        import { ArtifactFile, component, currentStep, inputFile, pipeline } from 'headrace';
        export const load = component(
          { docker: '${USER_IMAGE}', environment: { MODE: 'fast' } },
          async function load(file: ArtifactFile, rows: number) {
            console.log('printed in the image');
            currentStep().logger.reportScalar('loss', 'train', 0.5, 1);
            writeFileSync('/tmp/out.csv', readFileSync(file.path, 'utf8').trim() + rows + process.env.FROM_IMAGE + process.env.MODE);
            return new ArtifactFile('/tmp/out.csv');
          },
        );
        export const train = component(
          {
            resources: { cpu: 1, memory: '300 MiB' },
            dockerBashSetupScript: 'export FROM_SCRIPT=yes',
            secrets: { PASSWORD: 'team/database' },
          },
          async function train(file: ArtifactFile) {
            return [readFileSync(file.path, 'utf8'), process.env.FROM_SCRIPT, process.env.PASSWORD, process.env.OF_SHELL ?? null, process.constrainedMemory()];
          },
        );
        export const read = component({ repo: './checkout' }, async function read() {
          return ['data.txt', 'new.txt'].map((name) => readFileSync(name, 'utf8'));
        });
        export const main = pipeline({ name: 'containers' }, async () => {
          const files = read();
          return [...(await train(load(inputFile('data.csv'), 3))), await files];
        });`;
      const { document, stderr } = await local.run(source, {
        files: { 'data.csv': 'a' },
        env: { PASSWORD: 'sesame', OF_SHELL: 'yes' },
        prepare: servedCheckout,
      });
      expect({ stderr, error: document.error }).toMatchObject({ error: null });
      expect(stderr).toContain('with uncommitted changes of 2 files');
      expect(document.result).toEqual([
        'a3yesfast',
        'yes',
        'sesame',
        null,
        300 * 2 ** 20,
        ['changed', 'new'],
      ]);
      const load = document.steps.find(({ name }) => name === 'load');
      expect(load?.metrics[0]).toMatchObject({ title: 'loss', points: [{ value: 0.5 }] });
    });

    test('failures in containers of a local run have positions, exit codes, and the limit that was exceeded', async () => {
      const source = `
        import { component, pipeline } from 'headrace';
        export const wrong = component({}, async function wrong() {
          throw new RangeError('too large');
        });
        export const slow = component({ timeoutSeconds: 0.5 }, async function slow() {
          for (;;);
        });
        export const large = component({ dockerArgs: '--memory 128m' }, async function large() {
          const blocks = [];
          for (;;) blocks.push(Buffer.alloc(16 * 2 ** 20, 1));
        });
        export const missing = component({ docker: 'headrace-runner:test', secrets: { NOWHERE: 'a/b' } }, async function missing() {
          return 1;
        });
        export const main = pipeline({ name: 'failures' }, async () => {
          await Promise.allSettled([wrong(), slow(), large(), missing()]);
        });`;
      const { document } = await local.run(source);
      const failures = Object.fromEntries(
        document.steps.map(({ name, attempts: [first] }) => [name, first]),
      );
      expect(failures.wrong).toMatchObject({
        exitCode: 1,
        error: { name: 'RangeError', location: { file: 'pipeline.ts', line: 4 } },
      });
      expect(failures.slow?.error).toMatchObject({ name: 'StepTimeoutError' });
      expect(failures.large).toMatchObject({ exitCode: 137, error: { name: 'OutOfMemoryError' } });
      expect(failures.missing?.error?.message).toContain('NOWHERE is not set');
      // The engine removes a container after its client has ended.
      await expect
        .poll(() => engine.docker('ps', '--all', '--quiet', '--filter', 'label=headrace.home'), {
          timeout: 20_000,
        })
        .toBe('');
    });
  });
}
