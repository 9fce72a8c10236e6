import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { PAGE, program, withReference } from '../../scripts/command-page.ts';
import { headings, tableRows } from './markdown.ts';

const page = readFileSync(PAGE, 'utf8');

/** Commands without commands of their own, by their full names. */
function commands(command: Command, path = ''): readonly (readonly [string, Command])[] {
  const name = `${path} ${command.name()}`.trim();
  return command.commands.length === 0
    ? [[name, command]]
    : command.commands.flatMap((child) => commands(child, name));
}

const all = commands(program());

describe('docs/command-line.md', () => {
  it('is what scripts/command-page.ts writes: run `npx tsx scripts/command-page.ts`', () => {
    expect(page).toBe(withReference(page, program()));
  });

  it('has a section for each command, and for nothing else', () => {
    const sections = headings(page).flatMap(({ title }) =>
      /^headrace /.test(title) ? [title] : [],
    );
    expect([...sections].sort()).toEqual(all.map(([name]) => name).sort());
    expect(sections.length).toBeGreaterThan(20);
  });

  it.each(all)('names each argument and option of %s, and no other', (name, command) => {
    const named = tableRows(page, name).map(([first = '']) => first.replaceAll('`', ''));
    const expected = [
      ...command.registeredArguments.map((argument) => {
        const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
        return argument.required ? `<${text}>` : `[${text}]`;
      }),
      ...command.options.map(({ flags }) => flags),
    ];
    expect(named).toEqual(expected);
  });
});
