import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findHome, homeTarget } from '../../../src/launch/home.ts';
import { connect } from '../../../src/launch/remote/connection.ts';
import { commandWords, hint, withTarget } from '../../../src/view/hints.ts';

it('a hint repeats the options that choose the home or API, quoted for a shell', () => {
  expect(hint([], 'runs', 'show', '01k9')).toBe('headrace runs show 01k9');
  expect(hint(['--home', 'a b'], 'runs', 'logs', '01k9', '--step', "it's")).toBe(
    `headrace runs logs 01k9 --step 'it'\\''s' --home 'a b'`,
  );
});

it('commands in backticks of a message get the options, others do not', () => {
  expect(
    withTarget('abort it with `headrace runs abort 01k9`, or start `headrace dev`', [
      '--endpoint',
      'http://127.0.0.1:4750',
    ]),
  ).toBe(
    'abort it with `headrace runs abort 01k9 --endpoint http://127.0.0.1:4750`, or start `headrace dev`',
  );
});

it('the home of another package is part of the hint, that of the folder is not', () => {
  const root = mkdtempSync(join(tmpdir(), 'headrace-hints-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const member = join(root, 'pkgs/a');
  mkdirSync(member, { recursive: true });
  for (const folder of [root, member]) writeFileSync(join(folder, 'package.json'), '{}');
  const home = findHome(undefined, join(member, 'pipeline.ts'), {});
  expect(homeTarget(home, root, {})).toEqual(['--home', 'pkgs/a/.headrace']);
  expect(homeTarget(home, member, {})).toEqual([]);
  expect(homeTarget(home, join(root, 'pkgs'), {})).toEqual(['--home', 'a/.headrace']);
  expect(homeTarget(findHome(undefined, root, {}), member, {})).toEqual([
    '--home',
    join(root, '.headrace'),
  ]);
  expect(homeTarget(home, root, { HEADRACE_HOME: home })).toEqual([]);
});

it('an endpoint from an option or a variable is part of the hint', () => {
  const env = { HEADRACE_TOKEN: 't', HEADRACE_ENDPOINT: 'https://example.org/prod' };
  expect(connect({}, process.cwd(), env).hintTarget).toEqual([
    '--endpoint',
    'https://example.org/prod',
  ]);
  expect(
    connect({ endpoint: 'https://example.org/other', home: '/h' }, process.cwd(), env).hintTarget,
  ).toEqual(['--endpoint', 'https://example.org/other', '--home', '/h']);
});

const SOURCES = new URL('../../../src/', import.meta.url);

it('every command in a message comes from hint(), or stands in backticks', () => {
  const wrong: string[] = [];
  for (const entry of readdirSync(SOURCES, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.ts') || entry.parentPath.endsWith('commands')) continue;
    const path = join(entry.parentPath, entry.name);
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const isComment = /^\s*(\/?\*|\/\/)/.test(line);
      const isUsage = /^\s{2}headrace /.test(line);
      if (!isComment && !isUsage && /(?<!`)headrace (runs|artifacts|cache) /.test(line))
        wrong.push(`${entry.name}: ${line.trim()}`);
    }
  }
  expect(wrong).toEqual([]);
});

it.each([
  ['npm/11.0.0 node/v20.19.0 linux x64', 'npx headrace'],
  ['pnpm/10.0.0 npm/? node/v20.19.0', 'pnpm exec headrace'],
  ['yarn/4.0.0 npm/? node/v20.19.0', 'yarn headrace'],
  ['', 'headrace'],
])('commands in messages start as %j starts them', (npm_config_user_agent, words) => {
  expect(commandWords({ npm_config_user_agent }).join(' ')).toBe(words);
});
