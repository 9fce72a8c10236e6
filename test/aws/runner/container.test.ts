import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Preparation } from '../../../src/model/group-spec.ts';
import { resultKey } from '../../../src/model/left-words.ts';
import { finishedSchema } from '../../../src/model/spec.ts';
import { runProgram, startProgram } from './program.ts';
import { PUBLISHED, startRegistry } from './registry.ts';
import { failureOf, resultOf, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const STEP = "const step = () => globalThis[Symbol.for('headrace.step')];";

describe('a step in a container', () => {
  test('says that it started, what it reports, and its result, under the id of its job', async () => {
    const submitted = await world.submit({
      code: `${STEP} export default (a, b) => { step().logger.reportScalar('loss', 'train', 0.5, 1); console.log('hello'); return a * b; };`,
      spec: { args: { format: 'json', text: '[6,7]' } },
    });
    const { exitCode, log } = await runProgram(submitted);
    const messages = await world.messages(submitted.job);
    expect({ exitCode, kinds: messages.map(({ kind }) => kind) }).toEqual({ exitCode: 0, kinds: ['started', 'reported', 'finished'] });
    expect(resultOf(messages)).toBe(42);
    expect(log).toContain('hello');
    expect(new Set(messages.map(({ token }) => token))).toEqual(new Set([submitted.environment.HEADRACE_TOKEN]));
  });

  test('of an array is told by its index which member it is', async () => {
    const submitted = await world.submit({ code: `${STEP} export default () => step().name;`, members: 5, spec: {} });
    expect((await runProgram(submitted)).exitCode).toBe(0);
    const messages = await world.messages(submitted.job);
    expect(messages.map(({ call }) => call)).toEqual([2, 2]);
    expect(submitted.job).toMatch(/:2\.1$/);
  });

  test('that throws has failed, with its error, and the container with it', async () => {
    const submitted = await world.submit({ code: "export default () => { throw new TypeError('no such column'); };" });
    expect((await runProgram(submitted)).exitCode).toBe(1);
    expect(failureOf(await world.messages(submitted.job)).error).toMatchObject({ name: 'TypeError', message: 'no such column' });
  });

  test.each([
    ['ends its process', 'process.exit(0)', 1, /exited with code 0, without a result/],
    ['ends its process with a code', 'process.exit(3)', 3, /exited with code 3/],
    ['is killed', "process.kill(process.pid, 'SIGKILL')", 137, /killed by SIGKILL/],
  ])('that %s has failed, and what it reported before is kept', async (_, end, code, message) => {
    const submitted = await world.submit({
      code: `${STEP} export default async () => { step().logger.reportText('last words'); await new Promise((r) => setTimeout(r, 1000)); ${end}; };`,
    });
    const { exitCode } = await runProgram(submitted);
    const messages = await world.messages(submitted.job);
    expect(exitCode).toBe(code);
    expect(messages.map(({ kind }) => kind)).toEqual(['started', 'reported', 'finished']);
    expect(failureOf(messages)).toMatchObject({ exitCode: code, error: { message: expect.stringMatching(message) } });
  });

  test('writes large results to the store and reads them from there', async () => {
    const first = await world.submit({ code: 'export default () => Array.from({ length: 10_000 }, (_, index) => index);' });
    await runProgram(first);
    const [value] = (await world.messages(first.job)).flatMap((message) => (message.kind === 'finished' && message.outcome.ok ? message.outcome.values : []));
    if (value === undefined) throw new Error('no value');
    expect(value).toMatchObject({ key: expect.stringContaining(`${first.spec.output}/${first.job}/`) });
    const second = await world.submit({
      code: 'export default (list) => list.reduce((sum, each) => sum + each, 0);',
      spec: { args: { format: 'json', text: '[null]' }, refs: [{ path: [0], value }] },
    });
    await runProgram(second);
    expect(resultOf(await world.messages(second.job))).toBe(49_995_000);
  });

  test('finds none of the variables that are between Headrace and its runner, and those of its image', async () => {
    const submitted = await world.submit({
      code: "export default () => [Object.keys(process.env).filter((name) => name.startsWith('HEADRACE')), process.env.FROM_IMAGE, typeof process.send];",
    });
    await runProgram(submitted, { FROM_IMAGE: 'yes' });
    expect(resultOf(await world.messages(submitted.job))).toEqual([[], 'yes', 'undefined']);
  });

  test('without a spec ends with the code that says so', async () => {
    const submitted = await world.submit({ code: 'export default () => 1;' });
    const { exitCode, log } = await runProgram({
      ...submitted,
      environment: { ...submitted.environment, HEADRACE_SPEC: `${submitted.environment.HEADRACE_SPEC}-gone` },
    });
    expect(exitCode).toBe(79);
    expect(log).toContain('is not in the store');
    expect(await world.messages(submitted.job)).toEqual([]);
  });

  test('whose queue is gone leaves its result in the store and ends with 0, so that somebody looks there', async () => {
    const submitted = await world.submit({
      code: "export default () => { console.log('busy'); return new Promise(() => setInterval(() => {}, 1000)); };",
    });
    const program = await startProgram({
      ...submitted,
      environment: { ...submitted.environment, HEADRACE_TRANSITIONS: 'http://127.0.0.1:9/none.fifo', AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' },
    });
    await program.logged('busy');
    // Told to end, it does not wait for the queue for long.
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(0);
    const left = await world.objects.get(resultKey(submitted.spec.output, submitted.job));
    expect(finishedSchema.parse(JSON.parse(Buffer.from(left).toString()))).toMatchObject({ job: submitted.job, outcome: { ok: false, stopped: 'reclaimed' } });
  });
});

describe('the end of a container', () => {
  test('SIGTERM is a reclaim, not a failure of the step', async () => {
    const submitted = await world.submit({ code: "export default () => { console.log('busy'); return new Promise(() => setInterval(() => {}, 1000)); };" });
    const program = await startProgram(submitted);
    await program.logged('busy');
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(143);
    expect(failureOf(await world.messages(submitted.job))).toMatchObject({ stopped: 'reclaimed' });
  });

  test('SIGTERM reaches a step that never pauses, too: the supervisor speaks for it', async () => {
    const submitted = await world.submit({ code: "export default () => { console.log('busy'); for (;;) {} };" });
    const program = await startProgram(submitted, { HEADRACE_GRACE_SECONDS: '1' });
    await program.logged('busy');
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(137);
    const messages = await world.messages(submitted.job);
    expect(messages.map(({ kind }) => kind)).toEqual(['started', 'finished']);
    expect(failureOf(messages)).toMatchObject({ stopped: 'reclaimed' });
  });

  test('SIGTERM during the setup script ends the script and is a reclaim', async () => {
    const submitted = await world.submit({ code: 'export default () => 1;', preparation: { dockerBashSetupScript: 'echo setting up; sleep 1000' } });
    const program = await startProgram(submitted);
    await program.logged('setting up');
    program.process.kill('SIGTERM');
    await program.ended;
    expect(failureOf(await world.messages(submitted.job))).toMatchObject({ stopped: 'reclaimed' });
  });

  test.each([
    ['waits', 'await new Promise(() => setInterval(() => {}, 1000));'],
    ['computes without a pause', 'for (;;) {}'],
  ])('a step that %s is stopped at its limit, however short', async (_, body) => {
    const submitted = await world.submit({ code: `export default async () => { ${body} };`, spec: { timeoutSeconds: 0.5 } });
    const { exitCode } = await runProgram(submitted, { HEADRACE_GRACE_SECONDS: '1' });
    expect(exitCode).toBeGreaterThan(128);
    expect(failureOf(await world.messages(submitted.job))).toMatchObject({ stopped: 'timeout', error: { message: expect.stringContaining('0.5 s') } });
  });
});

describe('the environment of a step', () => {
  test("the setup script runs first, and what it exports is the step's", async () => {
    const submitted = await world.submit({
      code: "import { readFileSync } from 'node:fs'; export default () => [process.env.GREETING, process.env.LOCAL ?? null, readFileSync('made', 'utf8')];",
      preparation: { dockerBashSetupScript: 'export GREETING="hello\nworld"\nLOCAL=1\necho -n yes > made\nexit 0' },
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
      message: expect.stringMatching(/^dockerBashSetupScript: the script ended with code \d+:[\s\S]*no\/such\/folder/),
    });
    expect(log).not.toMatch(/^after$/m);
  });

  test('a container without a folder for temporary files is a failed attempt that says so', async () => {
    const submitted = await world.submit({ code: 'export default () => 1;' });
    expect((await runProgram(submitted, { TMPDIR: '/no/such/folder' })).exitCode).toBe(1);
    expect(failureOf(await world.messages(submitted.job)).error.message).toContain('/no/such/folder');
  });

  test('secrets are variables of the step; one that cannot be read names itself, not its value', async () => {
    await world.createSecret('team/token', 's3cret');
    await world.createSecret('team/database', JSON.stringify({ user: 'ada', port: 5432 }));
    const code = 'export default () => [process.env.TOKEN, process.env.DB_USER, process.env.DB_PORT];';
    const submitted = await world.submit({
      code,
      preparation: { secrets: { TOKEN: 'team/token', DB_USER: 'team/database:user', DB_PORT: 'team/database:port' } },
    });
    await runProgram(submitted);
    expect(resultOf(await world.messages(submitted.job))).toEqual(['s3cret', 'ada', '5432']);

    const wrong = await world.submit({ code, preparation: { secrets: { DB_USER: 'team/database:name' } } });
    await runProgram(wrong);
    const { error } = failureOf(await world.messages(wrong.job));
    expect(error.message).toBe('secrets: DB_USER cannot be read from team/database:name: it has no field name');
    const missing = await world.submit({ code, preparation: { secrets: { X: 'team/none' } } });
    await runProgram(missing);
    expect(failureOf(await world.messages(missing.job)).error.message).toMatch(/^secrets: X cannot be read from team\/none: ResourceNotFoundException/);
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
    const variables = { ...registry.variables, HEADRACE_CACHE: cache, NODE_PATH: await sharedModules('1.2.3') };
    const [first, second, third] = [await world.submit(given), await world.submit(given), await world.submit(given)];
    // Two at once, then one that finds what they made.
    await Promise.all([runProgram(first, variables), runProgram(second, variables)]);
    const fetched = registry.fetched.length;
    await runProgram(third, variables);
    for (const { job } of [first, second, third]) expect(resultOf(await world.messages(job))).toEqual(['1.0.0', 42, '1.0.0', 'hello from 1.2.3']);
    expect(fetched).toBeGreaterThanOrEqual(2);
    expect(registry.fetched).toHaveLength(fetched);
  });

  test('a version that does not exist is a failed attempt that names it, and leaves nothing in the cache', async () => {
    const registry = await startRegistry(PUBLISHED);
    onTestFinished(() => registry.stop());
    const cache = await folderOfTest();
    const submitted = await world.submit({ code: 'export default () => 1;', spec: { packages: [{ name: 'counting', version: '3.0.0' }] } });
    await runProgram(submitted, { ...registry.variables, HEADRACE_CACHE: cache });
    expect(failureOf(await world.messages(submitted.job)).error).toMatchObject({
      name: 'PreparationError',
      message: expect.stringMatching(/^packages: npm install counting@3\.0\.0 ended with code 1:[\s\S]*counting@3\.0\.0/),
    });
    expect((await readdir(cache)).filter((name) => name !== 'npm')).toEqual([]);
  });

  test("a repository's files are where the step runs, at the branch or the commit", async () => {
    const { url, commits } = await repository();
    const code = "import { readFileSync } from 'node:fs'; export default () => readFileSync('file.txt', 'utf8');";
    const read = async (preparation: Preparation, workingDir: string | null = null) => {
      const submitted = await world.submit({ code, preparation, spec: { workingDir } });
      await runProgram(submitted);
      return world.messages(submitted.job);
    };
    expect(resultOf(await read({ repo: url }))).toBe('second');
    expect(resultOf(await read({ repo: url, repoBranch: 'side' }))).toBe('on the side');
    expect(resultOf(await read({ repo: url, repoCommit: commits[0] ?? '' }))).toBe('first');
    expect(resultOf(await read({ repo: url, repoCommit: (commits[0] ?? '').slice(0, 10) }, 'sub'))).toBe('below');
    expect(failureOf(await read({ repo: url, repoBranch: 'none' })).error.message).toMatch(/^repo: git .*fetch .*none/);
    expect(failureOf(await read({ repo: url }, 'not/there')).error.message).toContain('not/there');
  });
});

/** A repository with two commits on its main branch and one on another. */
async function repository(): Promise<{ readonly url: string; readonly commits: readonly string[] }> {
  const folder = await folderOfTest();
  const git = async (...args: readonly string[]) =>
    (await promisify(execFile)('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@host.example', ...args])).stdout.trim();
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
  await writeFile(join(folder, 'from-image/package.json'), JSON.stringify({ name: 'from-image', version, type: 'module', exports: './index.js' }));
  await writeFile(join(folder, 'from-image/index.js'), `export const greet = () => 'hello from ${version}';`);
  return folder;
}

async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
