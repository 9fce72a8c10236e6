/**
 * The runner in real containers. Where no Docker engine can be had, the one test that remains says
 * why; `HEADRACE_DOCKER=required` makes that a failure.
 *
 * @module
 */
import { afterAll, describe, expect, test } from 'vitest';
import { failureOf, resultOf, startWorld } from '../runner/container-services.ts';
import { PUBLISHED, startRegistry } from '../runner/registry.ts';
import { runContainer, startContainer } from './containers.ts';
import { type DockerEngine, NoDockerError, startDocker } from './engine.ts';
import { buildImages, USER_IMAGE } from './images.ts';

async function docker(): Promise<DockerEngine | NoDockerError> {
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

const engine = await docker();
const noDocker = engine instanceof NoDockerError ? engine : undefined;

test(
  noDocker === undefined ? 'a Docker engine is there' : `no Docker engine: ${noDocker.message}`,
  () => {
    if (process.env.HEADRACE_DOCKER === 'required') expect(noDocker).toBeUndefined();
  },
);

if (!(engine instanceof NoDockerError)) {
  const world = await startWorld();
  const registry = await startRegistry(PUBLISHED);
  afterAll(async () => {
    await registry.stop();
    await world.stop();
    await engine.stop();
  });

  describe('the step image', () => {
    test('runs a step under Node 24 with a heap that fits the memory of its container', async () => {
      const code =
        "import v8 from 'node:v8'; export default () => [process.versions.node.split('.')[0], Math.round(v8.getHeapStatistics().heap_size_limit / 2 ** 20), process.cwd()];";
      const submitted = await world.submit({ code });
      const { exitCode, log } = await runContainer(engine, submitted, { memory: '512m' });
      expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
      const [node, heap, folder] = [resultOf(await world.messages(submitted.job))].flat();
      expect([node, folder]).toEqual(['24', '/work']);
      expect(heap).toBeGreaterThan(300);
      expect(heap).toBeLessThan(512);
    });

    test('a step whose container runs out of memory has failed, and the container ends with 137', async () => {
      const code =
        'const kept = []; export default () => { for (;;) kept.push(Buffer.alloc(16 * 2 ** 20, 1)); };';
      const submitted = await world.submit({ code });
      const { exitCode } = await runContainer(engine, submitted, { memory: '256m' });
      expect(exitCode).toBe(137);
      expect(failureOf(await world.messages(submitted.job))).toMatchObject({
        exitCode: 137,
        error: {
          name: 'OutOfMemoryError',
          message: "the step was killed because the container's memory (256 MiB) was used up",
        },
      });
    });

    test('a reclaimed machine is reported as reclaimed, and the container ends within its grace period', async () => {
      const submitted = await world.submit({
        code: "export default () => { console.log('busy'); return new Promise(() => setInterval(() => {}, 1000)); };",
      });
      const container = await startContainer(engine, submitted);
      await container.logged('busy');
      await container.stop(30);
      expect((await container.ended).exitCode).toBe(143);
      expect(failureOf(await world.messages(submitted.job))).toMatchObject({
        stopReason: 'reclaimed',
      });
    });

    test('a step that never yields is killed, after its reclaim was reported', async () => {
      const submitted = await world.submit({
        code: "export default () => { console.log('busy'); for (;;) {} };",
      });
      const container = await startContainer(engine, submitted, {
        variables: { HEADRACE_GRACE_SECONDS: '2' },
      });
      await container.logged('busy');
      await container.stop(30);
      expect((await container.ended).exitCode).toBe(137);
      expect(failureOf(await world.messages(submitted.job))).toMatchObject({
        stopReason: 'reclaimed',
      });
    });

    test('processes that a step leaves behind are reaped, so that none stays as a zombie', async () => {
      const code = `
        import { execFileSync } from 'node:child_process';
        import { readFileSync } from 'node:fs';
        import { setTimeout as pause } from 'node:timers/promises';
        // Its parent is gone before it is: the container's first process inherits it.
        const left = () => Number(execFileSync('sh', ['-c', 'sleep 0.3 > /dev/null 2>&1 & echo $!']).toString());
        const state = (pid) => { try { return readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1][0]; } catch { return undefined; } };
        export default async () => {
          const pids = [left(), left(), left()];
          while (pids.some((pid) => state(pid) === 'S' || state(pid) === 'R')) await pause(50);
          await pause(500);
          return pids.map((pid) => state(pid) ?? 'gone');
        };`;
      const submitted = await world.submit({ code });
      await runContainer(engine, submitted);
      expect(resultOf(await world.messages(submitted.job))).toEqual(['gone', 'gone', 'gone']);
    });

    test('a step is stopped at its limit', async () => {
      const submitted = await world.submit({
        code: 'export default () => { for (;;) {} };',
        spec: { timeoutSeconds: 1 },
      });
      await runContainer(engine, submitted, { variables: { HEADRACE_GRACE_SECONDS: '2' } });
      expect(failureOf(await world.messages(submitted.job))).toMatchObject({
        stopReason: 'timeout',
      });
    });

    test('packages are installed in exactly their versions', async () => {
      const submitted = await world.submit({
        code: "import { version } from 'counting'; import { add } from 'adding'; export default () => [version, ...add(40, 2)];",
        spec: {
          packages: [
            { name: 'counting', version: '1.0.0' },
            { name: 'adding', version: '2.0.0' },
          ],
        },
      });
      const { log } = await runContainer(engine, submitted, { variables: registry.variables });
      const messages = await world.messages(submitted.job);
      expect({ log, result: resultOf(messages) }).toMatchObject({ result: ['1.0.0', 42, '1.0.0'] });
    });

    test('a secret is a variable of the step', async () => {
      await world.createSecret('team/api', 's3cret');
      const submitted = await world.submit({
        code: 'export default () => process.env.API_KEY;',
        preparation: { secrets: { API_KEY: 'team/api' } },
      });
      await runContainer(engine, submitted);
      expect(resultOf(await world.messages(submitted.job))).toBe('s3cret');
    });
  });

  describe("a user's own image", () => {
    test('a user image runs a step with the runner of the volume, as its own user, in its own folder, through its own entry point', async () => {
      const code =
        'export default () => [process.env.FROM_IMAGE, process.cwd(), process.getuid() > 0, process.versions.node.split(".")[0]];';
      const submitted = await world.submit({ code });
      const { exitCode, log } = await runContainer(engine, submitted, { image: USER_IMAGE });
      expect({ exitCode, log }).toMatchObject({
        exitCode: 0,
        log: expect.stringContaining('entry of the image'),
      });
      expect(resultOf(await world.messages(submitted.job))).toEqual([
        'yes',
        '/home/ada',
        true,
        '24',
      ]);
    });

    test('a user image runs a setup script and installs packages', async () => {
      const submitted = await world.submit({
        code: "import { version } from 'counting'; import { readFileSync } from 'node:fs'; export default () => [version, readFileSync('number', 'utf8'), process.env.MADE];",
        spec: { packages: [{ name: 'counting', version: '1.2.0' }] },
        preparation: { dockerBashSetupScript: 'echo -n 42 > number\nexport MADE=here' },
      });
      const { log } = await runContainer(engine, submitted, {
        image: USER_IMAGE,
        variables: registry.variables,
      });
      const messages = await world.messages(submitted.job);
      expect({ log, result: resultOf(messages) }).toMatchObject({
        result: ['1.2.0', '42', 'here'],
      });
    });

    test('a user image without git fails with a message when the step names a repository', async () => {
      const submitted = await world.submit({
        code: 'export default () => 1;',
        preparation: { repo: 'https://host.example/a.git' },
      });
      await runContainer(engine, submitted, { image: USER_IMAGE });
      expect(failureOf(await world.messages(submitted.job)).error.message).toContain(
        'The image has no git',
      );
    });
  });
}
