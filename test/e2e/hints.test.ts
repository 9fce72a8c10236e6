import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { type Ended, execute, ROOT, temporaryFolder } from './headrace.ts';

const PIPELINE = `
import { component, pipeline } from 'headrace';

const boom = component({}, function boom(x: number): number {
  throw new Error('boom ' + x);
});

export const main = pipeline({ name: 'boom' }, async function main(x = 1) {
  return await boom(x);
});
`;

/** A workspace of npm with a package in `pkgs/a`, in which Headrace is installed. */
async function workspace(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, 'pkgs/a'), { recursive: true });
  await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
  await symlink(ROOT, join(root, 'node_modules/headrace'));
  await symlink('../headrace/dist/bin/headrace.js', join(root, 'node_modules/.bin/headrace'));
  await writeFile(join(root, 'package.json'), '{ "private": true, "workspaces": ["pkgs/*"] }');
  await writeFile(join(root, 'pkgs/a/package.json'), '{ "name": "a", "type": "module" }');
  await writeFile(join(root, 'pkgs/a/boom.ts'), PIPELINE);
  return root;
}

const shell = (command: string, cwd: string, env: Readonly<Record<string, string>>) =>
  execute('sh', ['-c', command], { cwd, env });

/** The commands that an output names, up to a backtick or the end of the line. */
const commandsIn = ({ stdout, stderr }: Ended): readonly string[] =>
  [
    ...`${stdout}\n${stderr}`.matchAll(/(?:npx )?headrace (?:runs|artifacts|cache|run) [^`\n]*/g),
  ].map(([command]) => command.trim());

it.each([
  ['npx', 'the root of the workspace', '.', 'pkgs/a/boom.ts', ''],
  ['npx', 'the package', 'pkgs/a', 'boom.ts', ''],
  ['the search path', 'a folder between', 'pkgs', 'a/boom.ts', ''],
  [
    'the search path',
    'the root with a home of its own',
    '.',
    'pkgs/a/boom.ts',
    ' --home "other home"',
  ],
])(
  'started by %s in %s, every command in the output works as it is printed',
  {
    timeout: 120_000,
  },
  async (starter, _, folder, file, options) => {
    const root = await workspace();
    const cwd = join(root, folder);
    const npx = starter === 'npx';
    const env = npx
      ? {}
      : { PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}` };
    const headrace = npx ? 'npx headrace' : 'headrace';

    const failed = await shell(`${headrace} run ${file}${options}`, cwd, env);
    expect(failed.code, failed.stderr).toBe(1);
    const unknown = await shell(`${headrace} runs show nosuchrun${options}`, cwd, env);
    expect(unknown.code, unknown.stderr).toBe(2);
    const listed = await shell(`${headrace} runs list${options}`, cwd, env);
    expect(listed.stdout).toContain('boom#1');

    const commands = [failed, unknown].flatMap(commandsIn);
    expect(commands.map((command) => command.split(' runs ')[1]?.split(' ')[0])).toEqual(
      expect.arrayContaining(['logs', 'resume', 'rerun', 'list']),
    );
    for (const command of commands) {
      expect(command.startsWith(headrace), command).toBe(true);
      const { code, stderr } = await shell(command, cwd, env);
      // The step fails again when a command executes it. Code 2 is wrong usage, 127 no command.
      expect(/ (?:resume|rerun) /.test(command) ? 1 : 0, `${command}\n${stderr}`).toBe(code);
    }
    expect((await readdir(root)).filter((name) => name === '.headrace')).toHaveLength(
      options === '' ? 1 : 0,
    );
    expect(await readdir(join(root, 'pkgs/a'))).not.toContain('.headrace');
  },
);

it('headrace run obeys HEADRACE_MODE=debug, and refuses a mode that does not exist', {
  timeout: 60_000,
}, async () => {
  const root = await workspace();
  const run = (mode: string) =>
    execute(process.execPath, [join(ROOT, 'dist/bin/headrace.js'), 'run', 'pkgs/a/boom.ts'], {
      cwd: root,
      env: { HEADRACE_MODE: mode },
    });
  expect(await run('debug')).toMatchObject({ code: 1 });
  // Nothing is recorded in debug mode.
  expect(await readdir(join(root, '.headrace'))).not.toContain('headrace.db');
  const refused = await run('debgu');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('HEADRACE_MODE is "debgu": it is local, debug or remote');
});
