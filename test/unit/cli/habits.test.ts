import { expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands/table.ts';
import { withNextStep } from '../../../src/cli/habits.ts';
import { execute } from '../../../src/cli/main.ts';
import type { Output } from '../../../src/view/output.ts';
import { createColors } from '../../../src/view/terminal-text.ts';

async function typed(...words: readonly string[]) {
  const lines: string[] = [];
  const output: Output = {
    write: async (text) => void lines.push(String(text)),
    note: (line) => void lines.push(line),
    outIsTerminal: false,
    errIsTerminal: false,
    stdout: process.stdout,
    stderr: process.stderr,
    colors: createColors(false),
    columns: undefined,
    flush: async () => undefined,
  };
  const code = await execute(['node', 'headrace', ...words], output);
  return { code, text: lines.join('\n') };
}

it.each([
  ['version', 'headrace --version'],
  ['logs', 'headrace runs logs'],
  ['ls', 'headrace runs list'],
  ['status', 'headrace runs show'],
  ['runs rm', 'headrace runs remove'],
  ['runs delete', 'headrace runs remove'],
  ['runs compare', 'headrace runs diff'],
  ['runs prune', 'headrace gc'],
])('headrace %s names the command that does it: %s', async (words, command) => {
  const { code, text } = await typed(...words.split(' '));
  expect(code).toBe(2);
  expect(text).toContain(`(use: \`${command}\`)`);
  const name = command.replace('headrace ', '');
  if (!name.startsWith('--')) expect(COMMANDS.map((each) => each.name)).toContain(name);
});

it('a command that no other is near names the help', () => {
  expect(withNextStep("error: unknown command 'xyz'\n", ['xyz'])).toContain('see: `headrace help`');
});

it('headrace help prints the help of a command', async () => {
  const { code, text } = await typed('help', 'run');
  expect(code).toBe(0);
  expect(text).toContain('--arg <name=value>');
});

it.each([
  [['help', 'runs', 'show'], 'headrace runs show latest train_1'],
  [['runs', 'help', 'show'], 'headrace runs show latest train_1'],
  [['help', 'runs'], 'list, inspect and control runs'],
  [['help'], 'Exit codes: 0 completed'],
])('headrace %j prints that help', async (words, expected) => {
  const { code, text } = await typed(...words);
  expect(code).toBe(0);
  expect(text).toContain(expected);
});

it.each([
  [['help', 'runs', 'shwo'], '(Did you mean show?)'],
  [['help', 'rnu'], '(Did you mean run?)'],
  [['runs', 'list', '--jsno'], '(Did you mean --json?)'],
  [['runs', 'remove', 'latest', '--dryrun'], '(Did you mean --dry-run?)'],
])('headrace %j names the nearest command or option', async (words, expected) => {
  const { code, text } = await typed(...words);
  expect(code).toBe(2);
  expect(text).toContain(expected);
});
