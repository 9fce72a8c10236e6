import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Preparation } from '../../../src/model/container-settings.ts';
import {
  type ContainerServices,
  failureOf,
  resultOf,
  startContainerServices,
} from './container-services.ts';
import { runProgram } from './program.ts';
import { PUBLISHED, startRegistry } from './registry.ts';

let services: ContainerServices;
beforeAll(async () => {
  services = await startContainerServices();
});
afterAll(() => services?.stop());

describe('the environment of a step', () => {
  test('the setup script runs first, and the step has the variables that it exports', async () => {
    const submitted = await services.submit({
      code: "import { readFileSync } from 'node:fs'; export default () => [process.env.GREETING, process.env.LOCAL ?? null, readFileSync('made', 'utf8')];",
      preparation: {
        dockerBashSetupScript:
          'export GREETING="hello\nworld"\nLOCAL=1\necho -n yes > made\nexit 0',
      },
    });
    await runProgram(submitted);
    expect(resultOf(await services.messages(submitted.job))).toEqual(['hello\nworld', null, 'yes']);
  });

  test('a failed setup script fails the attempt with its exit code and its output', async () => {
    const submitted = await services.submit({
      code: 'export default () => 1;',
      preparation: { dockerBashSetupScript: 'echo before\nls /no/such/folder\necho after' },
    });
    const { exitCode, log } = await runProgram(submitted);
    expect(exitCode).toBe(1);
    const { error } = failureOf(await services.messages(submitted.job));
    expect(error).toMatchObject({
      name: 'PreparationError',
      message: expect.stringMatching(
        /^dockerBashSetupScript: the script ended with code \d+:[\s\S]*no\/such\/folder/,
      ),
    });
    expect(log).not.toMatch(/^after$/m);
  });

  test('a missing folder for temporary files fails the attempt with the path of the folder', async () => {
    const submitted = await services.submit({ code: 'export default () => 1;' });
    expect((await runProgram(submitted, { TMPDIR: '/no/such/folder' })).exitCode).toBe(1);
    expect(failureOf(await services.messages(submitted.job)).error.message).toContain(
      '/no/such/folder',
    );
  });

  test('secrets are variables of the step; the error of an unreadable secret contains its name, not its value', async () => {
    await services.createSecret('team/token', 's3cret');
    await services.createSecret('team/database', JSON.stringify({ user: 'ada', port: 5432 }));
    const code =
      'export default () => [process.env.TOKEN, process.env.DB_USER, process.env.DB_PORT];';
    const submitted = await services.submit({
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
    expect(resultOf(await services.messages(submitted.job))).toEqual(['s3cret', 'ada', '5432']);

    const wrong = await services.submit({
      code,
      preparation: { secrets: { DB_USER: 'team/database:name' } },
    });
    await runProgram(wrong);
    const { error } = failureOf(await services.messages(wrong.job));
    expect(error.message).toBe(
      'secrets: DB_USER cannot be read from team/database:name: it has no field name',
    );
    const missing = await services.submit({ code, preparation: { secrets: { X: 'team/none' } } });
    await runProgram(missing);
    expect(failureOf(await services.messages(missing.job)).error.message).toMatch(
      /^secrets: X cannot be read from team\/none: ResourceNotFoundException/,
    );
  });

  test('a package of the image is used, and the working directory is created', async () => {
    const submitted = await services.submit({
      code: "import { greet } from 'from-image'; export default () => [greet(), process.cwd().endsWith('/sub/folder')];",
      spec: { packages: [{ name: 'from-image', version: '1.2.3' }], workingDir: 'sub/folder' },
    });
    const modules = join(await imageModules('1.2.3'));
    await runProgram(submitted, { NODE_PATH: modules });
    expect(resultOf(await services.messages(submitted.job))).toEqual(['hello from 1.2.3', true]);
  });

  test('other packages are installed in their exact versions, once for all containers that share a cache', async () => {
    const registry = await startRegistry(PUBLISHED);
    onTestFinished(() => registry.stop());
    const cache = await newFolder();
    const options = {
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
      NODE_PATH: await imageModules('1.2.3'),
    };
    const [first, second, third] = [
      await services.submit(options),
      await services.submit(options),
      await services.submit(options),
    ];
    // Two containers in parallel, then one that uses their packages.
    await Promise.all([runProgram(first, variables), runProgram(second, variables)]);
    const fetched = registry.fetched.length;
    await runProgram(third, variables);
    for (const { job } of [first, second, third])
      expect(resultOf(await services.messages(job))).toEqual([
        '1.0.0',
        42,
        '1.0.0',
        'hello from 1.2.3',
      ]);
    expect(fetched).toBeGreaterThanOrEqual(2);
    expect(registry.fetched).toHaveLength(fetched);
  });

  test('a missing version of a package fails the attempt with its name, and the cache stays empty', async () => {
    const registry = await startRegistry(PUBLISHED);
    onTestFinished(() => registry.stop());
    const cache = await newFolder();
    const submitted = await services.submit({
      code: 'export default () => 1;',
      spec: { packages: [{ name: 'counting', version: '3.0.0' }] },
    });
    await runProgram(submitted, { ...registry.variables, HEADRACE_CACHE: cache });
    expect(failureOf(await services.messages(submitted.job)).error).toMatchObject({
      name: 'PreparationError',
      message: expect.stringMatching(
        /^packages: npm install counting@3\.0\.0 ended with code 1:[\s\S]*counting@3\.0\.0/,
      ),
    });
    expect((await readdir(cache)).filter((name) => name !== 'npm')).toEqual([]);
  });

  test('a step runs in the files of its repository, at the branch or the commit', async () => {
    const { url, commits } = await repository();
    const code =
      "import { readFileSync } from 'node:fs'; export default () => readFileSync('file.txt', 'utf8');";
    const read = async (preparation: Preparation, workingDir: string | null = null) => {
      const submitted = await services.submit({ code, preparation, spec: { workingDir } });
      await runProgram(submitted);
      return services.messages(submitted.job);
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

    // The uncommitted changes of a local checkout are an object.
    const text =
      'diff --git a/file.txt b/file.txt\n--- a/file.txt\n+++ b/file.txt\n@@ -1 +1 @@\n-second\n\\ No newline at end of file\n+caf\u00e9 changed\n\\ No newline at end of file\n';
    const hash = createHash('sha256').update(text).digest('hex');
    const key = `code/${hash}.patch`;
    await services.objects.put(key, Buffer.from(text));
    const repoPatch = { hash, key, size: Buffer.byteLength(text), files: 1 };
    const changed = { repo: url, repoCommit: commits[1] ?? '', repoPatch };
    expect(resultOf(await read(changed))).toMatch(/^caf.* changed$/);
    // It was made for another commit.
    const wrong = await read({ ...changed, repoCommit: commits[2] ?? '' });
    expect(failureOf(wrong).error.message).toMatch(
      /^repo: git .* apply .*\.patch ended with code 1/,
    );
    expect(failureOf(await read({ repo: './folder' })).error.message).toMatch(
      /^repo: "\.\/folder" is a folder of the machine that started the run/,
    );
  });
});

/** A repository with two commits on its main branch and one on the branch `side`. */
async function repository(): Promise<{
  readonly url: string;
  readonly commits: readonly string[];
}> {
  const folder = await newFolder();
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

/** The folder of packages of an image, with one package. */
async function imageModules(version: string): Promise<string> {
  const folder = await newFolder();
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

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
