import { join } from 'node:path';
import { expect, it } from 'vitest';
import { execute } from '../e2e/headrace.ts';
import { pageFiles, readPage, type Session, writeProject } from './examples.ts';
import { ROOT } from './markdown.ts';

const COMMANDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['headrace', [join(ROOT, 'dist/bin/headrace.js')]],
  ['tsx', ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs')]],
  ['vitest', [join(ROOT, 'node_modules/vitest/vitest.mjs')]],
]);

/** What differs from run to run: durations, times, ids; and how columns are padded for them. */
const normalized = (line: string): string =>
  line
    .replaceAll(/\b[0-9a-z]{26}\b/g, '<id>')
    .replaceAll(/\b\d+(?:\.\d+)? ?(?:ms|s|min|h)\b/g, '<duration>')
    .replaceAll(/\d{4}-\d\d-\d\d[ T][\d:.]+Z?/g, '<time>')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Lines of steps that run at the same time come in any order. */
const comparable = (lines: readonly string[]): readonly string[] =>
  lines
    .map(normalized)
    .filter((line) => line !== '')
    .sort();

async function perform(folder: string, { command, output, line }: Session): Promise<void> {
  const [npx, name = '', ...args] = command.split(' ');
  const program = COMMANDS.get(name);
  if (npx !== 'npx' || program === undefined)
    throw new Error(`the session in line ${line} has an unknown command: ${command}`);
  const { stdout, stderr } = await execute(process.execPath, [...program, ...args], {
    cwd: folder,
    env: { HEADRACE_HOME: '', HEADRACE_MODE: '', FORCE_COLOR: '0', NO_COLOR: '1' },
  });
  const printed = comparable(`${stdout}\n${stderr}`.split('\n'));
  const expected = comparable(output.filter((each) => each !== '…'));
  if (output.includes('…'))
    expect(printed, `line ${line}: ${command}`).toEqual(expect.arrayContaining([...expected]));
  else expect(printed, `line ${line}: ${command}`).toEqual(expected);
}

it.each(pageFiles.filter((file) => readPage(file).sessions.length > 0))(
  'the programs of %s print what the page shows',
  async (file) => {
    const { modules, programs, sessions } = readPage(file);
    const folder = writeProject(new Map([...modules].filter(([name]) => programs.includes(name))));
    for (const session of sessions) await perform(folder, session);
  },
);

it.each(pageFiles.filter((file) => readPage(file).programs.length > 0))(
  'every complete program of %s is run by a session of the page',
  (file) => {
    const { programs, sessions } = readPage(file);
    const commands = sessions.map(({ command }) => command).join('\n');
    expect(programs.filter((program) => !commands.includes(program))).toEqual([]);
  },
);

it('the README has a complete program with its output', () => {
  const { programs, sessions } = readPage('README.md');
  expect(programs).toHaveLength(1);
  expect(sessions[0]?.output.length).toBeGreaterThan(5);
});
