/**
 * Another user of the same machine: reads and changes files of the home, and waits on the port of a
 * server that ended.
 *
 * Only root can start processes of another user. As any other user, these tests check the modes that
 * keep others out.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { aProject, COMMAND, type Project } from '../e2e/cli.ts';
import { type Ended, execute } from '../e2e/headrace.ts';

const IS_ROOT = process.getuid?.() === 0;
const OTHER_USER = 65534;

const FILES = {
  'main.ts': `
import { component, pipeline } from 'headrace';
export const secret = component({ returnValues: ['large'] }, (word: string) => word.repeat(1000));
export const main = pipeline({ name: 'main', project: 'tests', version: '1.0.0' }, async (word: string) => {
  console.log(word);
  return (await secret(word)).length;
});
`,
};
const SECRET = 'TOPSECRET';

/** A project with a run, made with the usual umask. Others can enter its folder, but not its home. */
async function aUsedHome(): Promise<Project> {
  const project = await aProject(FILES);
  chmodSync(project.folder, 0o755);
  const { code, stderr } = await execute(
    'sh',
    [
      '-c',
      'umask 022; exec "$0" "$@"',
      process.execPath,
      COMMAND,
      ...['run', 'main.ts', '--arg', `word=${SECRET}`],
    ],
    { cwd: project.folder },
  );
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return project;
}

const resultIn = (output: string): string | undefined => /^result: .*/m.exec(output)?.[0];

const entriesOf = (folder: string): readonly string[] => [
  folder,
  ...readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  ),
];

/** Runs a program of Node.js as the other user. */
function asOtherUser(text: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', text, ...args], {
      uid: OTHER_USER,
      gid: OTHER_USER,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Tries to open and to change each path, and prints the paths that it could. */
const TRY_EVERYTHING = `
import { appendFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
const could = [];
const attempt = (what, action) => { try { action(); could.push(what); } catch (error) { if (error.code !== 'EACCES' && error.code !== 'EPERM') could.push(what + ' ' + error.code); } };
const [home, ...paths] = process.argv.slice(1);
attempt('list', () => readdirSync(home));
attempt('create', () => mkdirSync(home + '/new'));
attempt('replace', () => renameSync(home, home + '-moved'));
for (const path of paths) {
  attempt('read ' + path, () => readFileSync(path));
  attempt('append to ' + path, () => appendFileSync(path, 'x'));
  attempt('see ' + path, () => lstatSync(path));
}
console.log(JSON.stringify({ user: process.getuid(), could }));
`;

describe('the home of another user', () => {
  test('no file of a used home can be read, changed, replaced or even seen', async () => {
    const { home } = await aUsedHome();
    const paths = entriesOf(home);
    expect(paths.length).toBeGreaterThan(10);
    const open = paths.filter((path) => (lstatSync(path).mode & 0o077) !== 0);
    expect(open.map((path) => relative(home, path))).toEqual([]);
    if (!IS_ROOT) return;
    const { stdout, stderr } = await asOtherUser(TRY_EVERYTHING, home, ...paths.slice(1));
    expect({ stderr, ...JSON.parse(stdout) }).toEqual({ stderr: '', user: OTHER_USER, could: [] });
  });

  test('a home that others could open is closed by the next command, and its secret is new', async () => {
    const { home, cli } = await aUsedHome();
    chmodSync(home, 0o755);
    for (const name of readdirSync(home)) chmodSync(join(home, name), 0o755);
    const { stderr } = await cli('runs', 'list');
    expect(stderr).toContain('its permissions are corrected');
    expect(lstatSync(home).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(home))
      expect(lstatSync(join(home, name)).mode & 0o077, name).toBe(0);
  });

  test.each(['the code of the step', 'the logic'])(
    '%s that was changed in the home is not executed',
    async (what) => {
      const { folder, home, cli } = await aUsedHome();
      const { stdout: before } = await cli('run', 'main.ts', '--arg', 'word=other');
      const extension = what === 'the logic' ? '.js' : '.mjs';
      const marker = join(folder, 'executed');
      const code = join(home, 'objects/code');
      const bundles = readdirSync(code).filter((name) => name.endsWith(extension));
      expect(bundles).not.toEqual([]);
      for (const name of bundles) {
        const path = join(code, name);
        const attack = `process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(marker)}, '');`;
        chmodSync(path, 0o600);
        writeFileSync(path, `${attack}\n${readFileSync(path, 'utf8')}`);
      }
      const rerun = await cli('runs', 'rerun', 'latest');
      expect(rerun.code, rerun.stdout + rerun.stderr).not.toBe(0);
      expect(rerun.stdout + rerun.stderr).toMatch(
        /CodeMismatchError|differs from|has another hash|changed/,
      );
      // A run of the source stores its code again, and executes that.
      const run = await cli('run', 'main.ts', '--arg', 'word=other');
      expect(run.code, run.stdout + run.stderr).toBe(0);
      expect(resultIn(run.stdout)).toMatch(/^result: /);
      expect(resultIn(run.stdout)).toBe(resultIn(before));
      expect(existsSync(marker)).toBe(false);
      // No other evaluator can execute these runs either.
      rmSync(home, { recursive: true });
    },
  );
});

/** Listens on a port, and prints the headers of each request. */
const SQUAT = `
import { createServer } from 'node:http';
const server = createServer(({ headers }, response) => {
  console.log(JSON.stringify(headers));
  response.setHeader('content-type', 'application/json').end('{"items":[],"next":null}');
});
server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listening'));
`;

describe('the port of a server that ended', () => {
  test('no command sends the token of the home to the program of another user that listens there', async () => {
    for (const name of ['HEADRACE_TOKEN', 'HEADRACE_ENDPOINT', 'HEADRACE_MODE'])
      vi.stubEnv(name, undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const project = await aProject(FILES);
    const dev = project.start('dev', '--port', '0');
    await dev.printed('the token is in');
    const endpoint = /listening on (\S+)/.exec(dev.stdout())?.[1] ?? '';
    dev.process.kill('SIGKILL');
    await dev.ended;

    const squatter = spawn(
      process.execPath,
      ['--input-type=module', '-e', SQUAT, new URL(endpoint).port],
      {
        ...(IS_ROOT ? { uid: OTHER_USER, gid: OTHER_USER } : {}),
        cwd: '/',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void squatter.kill('SIGKILL'));
    let received = '';
    squatter.stdout.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    await vi.waitUntil(() => received.includes('listening'), { timeout: 20_000 });

    const remote = ['--mode', 'remote', '--endpoint', endpoint];
    for (const args of [
      ['run', 'main.ts', '--arg', 'word=x'],
      ['runs', 'list'],
      ['runs', 'abort', 'latest'],
      ['artifacts', 'list', 'latest'],
      ['cache', 'list'],
    ])
      expect((await project.cli(...args, ...remote)).code, args.join(' ')).not.toBe(0);
    expect(received).not.toMatch(/authorization|bearer/i);
  });
});
