import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Preparation } from '../../../src/model/container-settings.ts';
import { failureOf, resultOf, startWorld, type World } from './container-services.ts';
import { runProgram } from './program.ts';
import { PUBLISHED, startRegistry } from './registry.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

describe('the environment of a step', () => {
  test("the setup script runs first, and what it exports is the step's", async () => {
    const submitted = await world.submit({
      code: "import { readFileSync } from 'node:fs'; export default () => [process.env.GREETING, process.env.LOCAL ?? null, readFileSync('made', 'utf8')];",
      preparation: {
        dockerBashSetupScript:
          'export GREETING="hello\nworld"\nLOCAL=1\necho -n yes > made\nexit 0',
      },
    });
    await runProgram(submitted);
    expect(resultOf(await world.messages(submitted.job))).toEqual(['hello\nworld', null, 'yes']);
  });

  test('a setup script that fails is a failed attempt that says where and why', async () => {
    const submitted = await world.submit({
      code: 'export default () => 1;',
      preparation: { dockerBashSetupScript: 'echo before\nls /no/such/folder\necho after' },
    });
    const { exitCode, log } = await runProgram(submitted);
    expect(exitCode).toBe(1);
    const { error } = failureOf(await world.messages(submitted.job));
    expect(error).toMatchObject({
      name: 'PreparationError',
      message: expect.stringMatching(
        /^dockerBashSetupScript: the script ended with code \d+:[\s\S]*no\/such\/folder/,
      ),
    });
    expect(log).not.toMatch(/^after$/m);
  });

  test('a container without a folder for temporary files is a failed attempt that says so', async () => {
    const submitted = await world.submit({ code: 'export default () => 1;' });
    expect((await runProgram(submitted, { TMPDIR: '/no/such/folder' })).exitCode).toBe(1);
    expect(failureOf(await world.messages(submitted.job)).error.message).toContain(
      '/no/such/folder',
    );
  });

  test('secrets are variables of the step; one that cannot be read names itself, not its value', async () => {
    await world.createSecret('team/token', 's3cret');
    await world.createSecret('team/database', JSON.stringify({ user: 'ada', port: 5432 }));
    const code =
      'export default () => [process.env.TOKEN, process.env.DB_USER, process.env.DB_PORT];';
    const submitted = await world.submit({
      code,
      preparation: {
        secrets: {
          TOKEN: 'team/token',
          DB_USER: 'team/database:user',
          DB_PORT: 'team/database:port',
        },
      },
    });
    await runProgram(submitted);
    expect(resultOf(await world.messages(submitted.job))).toEqual(['s3cret', 'ada', '5432']);

    const wrong = await world.submit({
      code,
      preparation: { secrets: { DB_USER: 'team/database:name' } },
    });
    await runProgram(wrong);
    const { error } = failureOf(await world.messages(wrong.job));
    expect(error.message).toBe(
      'secrets: DB_USER cannot be read from team/database:name: it has no field name',
    );
    const missing = await world.submit({ code, preparation: { secrets: { X: 'team/none' } } });
    await runProgram(missing);
    expect(failureOf(await world.messages(missing.job)).error.message).toMatch(
      /^secrets: X cannot be read from team\/none: ResourceNotFoundException/,
    );
  });

  test('a package that the image has is used; the working directory is made', async () => {
    const submitted = await world.submit({
      code: "import { greet } from 'from-image'; export default () => [greet(), process.cwd().endsWith('/sub/folder')];",
      spec: { packages: [{ name: 'from-image', version: '1.2.3' }], workingDir: 'sub/folder' },
    });
    const modules = join(await sharedModules('1.2.3'));
    await runProgram(submitted, { NODE_PATH: modules });
    expect(resultOf(await world.messages(submitted.job))).toEqual(['hello from 1.2.3', true]);
  });

  test('other packages are installed in exactly their versions, once for all containers that share a cache', async () => {
    const registry = await startRegistry(PUBLISHED);
    onTestFinished(() => registry.stop());
    const cache = await folderOfTest();
    const given = {
      code: "import { version } from 'counting'; import { add } from 'adding'; import { greet } from 'from-image'; export default () => [version, ...add(40, 2), greet()];",
      spec: {
        packages: [
          { name: 'counting', version: '1.0.0' },
          { name: 'adding', version: '2.0.0' },
          { name: 'from-image', version: '^1.0.0' },
        ],
      },
    };
    const variables = {
      ...registry.variables,
      HEADRACE_CACHE: cache,
      NODE_PATH: await sharedModules('1.2.3'),
    };
    const [first, second, third] = [
      await world.submit(given),
      await world.submit(given),
      await world.submit(given),
    ];
    // Two at once, then one that finds what they made.
    await Promise.all([runProgram(first, variables), runProgram(second, variables)]);
    const fetched = registry.fetched.length;
    await runProgram(third, variables);
    for (const { job } of [first, second, third])
      expect(resultOf(await world.messages(job))).toEqual([
        '1.0.0',
        42,
        '1.0.0',
        'hello from 1.2.3',
      ]);
    expect(fetched).toBeGreaterThanOrEqual(2);
    expect(registry.fetched).toHaveLength(fetched);
  });

  test('a version that does not exist is a failed attempt that names it, and leaves nothing in the cache', async () => {
    const registry = await startRegistry(PUBLISHED);
    onTestFinished(() => registry.stop());
    const cache = await folderOfTest();
    const submitted = await world.submit({
      code: 'export default () => 1;',
      spec: { packages: [{ name: 'counting', version: '3.0.0' }] },
    });
    await runProgram(submitted, { ...registry.variables, HEADRACE_CACHE: cache });
    expect(failureOf(await world.messages(submitted.job)).error).toMatchObject({
      name: 'PreparationError',
      message: expect.stringMatching(
        /^packages: npm install counting@3\.0\.0 ended with code 1:[\s\S]*counting@3\.0\.0/,
      ),
    });
    expect((await readdir(cache)).filter((name) => name !== 'npm')).toEqual([]);
  });

  test("a repository's files are where the step runs, at the branch or the commit", async () => {
    const { url, commits } = await repository();
    const code =
      "import { readFileSync } from 'node:fs'; export default () => readFileSync('file.txt', 'utf8');";
    const read = async (preparation: Preparation, workingDir: string | null = null) => {
      const submitted = await world.submit({ code, preparation, spec: { workingDir } });
      await runProgram(submitted);
      return world.messages(submitted.job);
    };
    expect(resultOf(await read({ repo: url }))).toBe('second');
    expect(resultOf(await read({ repo: url, repoBranch: 'side' }))).toBe('on the side');
    expect(resultOf(await read({ repo: url, repoCommit: commits[0] ?? '' }))).toBe('first');
    expect(
      resultOf(await read({ repo: url, repoCommit: (commits[0] ?? '').slice(0, 10) }, 'sub')),
    ).toBe('below');
    expect(failureOf(await read({ repo: url, repoBranch: 'none' })).error.message).toMatch(
      /^repo: git .*fetch .*none/,
    );
    expect(failureOf(await read({ repo: url }, 'not/there')).error.message).toContain('not/there');
  });
});

/** A repository with two commits on its main branch and one on another. */
async function repository(): Promise<{
  readonly url: string;
  readonly commits: readonly string[];
}> {
  const folder = await folderOfTest();
  const git = async (...args: readonly string[]) =>
    (
      await promisify(execFile)('git', [
        '-C',
        folder,
        '-c',
        'user.name=Ada',
        '-c',
        'user.email=ada@host.example',
        ...args,
      ])
    ).stdout.trim();
  const commits: string[] = [];
  const commit = async (text: string) => {
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'file.txt'), text);
    await writeFile(join(folder, 'sub/file.txt'), 'below');
    await git('add', '.');
    await git('commit', '--quiet', '--message', text);
    commits.push(await git('rev-parse', 'HEAD'));
  };
  await git('init', '--quiet', '--initial-branch', 'main');
  await commit('first');
  await commit('second');
  await git('checkout', '--quiet', '-b', 'side');
  await commit('on the side');
  await git('checkout', '--quiet', 'main');
  return { url: `file://${folder}`, commits };
}

/** A folder of packages as an image may have it, with one. */
async function sharedModules(version: string): Promise<string> {
  const folder = await folderOfTest();
  await mkdir(join(folder, 'from-image'));
  await writeFile(
    join(folder, 'from-image/package.json'),
    JSON.stringify({ name: 'from-image', version, type: 'module', exports: './index.js' }),
  );
  await writeFile(
    join(folder, 'from-image/index.js'),
    `export const greet = () => 'hello from ${version}';`,
  );
  return folder;
}

async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
