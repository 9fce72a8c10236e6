/** A local checkout in the option `repo`, in runs on this machine and behind an API. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { execute, headrace, ROOT, statuses, temporaryFolder } from './headrace.ts';

const COMMAND = join(ROOT, 'dist/bin/headrace.js');

const SOURCE = `
  import { component, pipeline } from 'headrace';
  const count = component({ cache: true, repo: './checkout' }, function count() { return 1; });
  export const main = pipeline({ name: 'main' }, async function main() { return await count(); });
`;

test('a change of a local checkout is another version and another cache key; a deployment refuses a checkout without a remote', async () => {
  const project = await temporaryFolder();
  const checkout = join(project, 'checkout');
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  await writeFile(join(project, 'pipeline.ts'), SOURCE);
  const git = (...args: readonly string[]) =>
    execute(
      'git',
      ['-c', 'user.name=Ada', '-c', 'user.email=ada@host.example', '-C', checkout, ...args],
      { cwd: project },
    );
  await execute('git', ['init', '--quiet', checkout], { cwd: project });
  await writeFile(join(checkout, 'data.txt'), 'one');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'first');

  const home = join(project, 'home');
  const start = async () => (await headrace(home, 'run', join(project, 'pipeline.ts'))).run;
  const first = await start();
  expect(statuses(first)).toEqual({ count: 'completed' });
  expect(statuses(await start())).toEqual({ count: 'cached' });
  await writeFile(join(checkout, 'new.txt'), 'two');
  const changed = await start();
  expect(statuses(changed)).toEqual({ count: 'completed' });
  expect([first.version, changed.version]).toEqual(['1.0.0', '1.0.1']);
  const shown = await execute(
    process.execPath,
    [COMMAND, 'runs', 'show', changed.id, 'count', '--home', home],
    { cwd: project },
  );
  expect(shown.stdout).toContain('repo = ./checkout');
  expect(shown.stdout).toContain('repoPatch = {"files":1,');

  const remote = await execute(
    process.execPath,
    [COMMAND, 'run', 'pipeline.ts', '--mode', 'remote', '--endpoint', 'https://127.0.0.1:9/prod'],
    { cwd: project, env: { HEADRACE_TOKEN: 'token' } },
  );
  expect(remote).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      'repo "./checkout" cannot be used in a container: it has no remote',
    ),
  });
}, 60_000);
