/**
 * The TypeScript of the README and the guide, as projects that can be compiled and run.
 *
 * The first line of a code block states what the block is:
 *
 * - ```` ```ts ```` is a module that compiles alone, or behind the page's prelude;
 * - ```` ```ts prelude ```` is the page's prelude, which stands before every other block;
 * - ```` ```ts name.ts ```` is a complete program, which the page imports and runs by that name;
 * - ```` ```console run ```` is a session in the folder of the programs: its commands print that.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CodeBlock, codeBlocks, ROOT, read } from './markdown.ts';

const isPrelude = ({ info }: CodeBlock): boolean => info === 'prelude';
const isProgram = ({ info }: CodeBlock): boolean => info.endsWith('.ts');

export interface Session {
  /** Without the `$`. */
  readonly command: string;
  readonly line: number;
  /** A line `…` stands for any number of lines. */
  readonly output: readonly string[];
}

export interface Page {
  readonly file: string;
  /** Texts by file name: the programs by the names on the page, other blocks by their lines. */
  readonly modules: ReadonlyMap<string, string>;
  readonly programs: readonly string[];
  readonly sessions: readonly Session[];
}

/** README.md and the pages of the guide. */
export const pageFiles: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

export function readPage(file: string): Page {
  const blocks = codeBlocks(read(file));
  const typescript = blocks.filter(({ language }) => language === 'ts');
  const prelude = typescript.filter(isPrelude).map(({ text }) => text);
  const programs = typescript.filter(isProgram);
  const modules = new Map<string, string>();
  for (const { info, text } of programs) modules.set(info, text);
  for (const block of typescript) {
    if (isProgram(block)) continue;
    const parts = isPrelude(block) ? [block.text] : [...prelude, block.text];
    modules.set(`line-${block.line}.ts`, `${parts.join('\n')}\nexport {};\n`);
  }
  return {
    file,
    modules,
    programs: programs.map(({ info }) => info),
    sessions: blocks
      .filter(({ language, info }) => language === 'console' && info === 'run')
      .flatMap(sessionsOf),
  };
}

function sessionsOf({ text, line }: CodeBlock): readonly Session[] {
  const sessions: { command: string; line: number; output: string[] }[] = [];
  for (const [index, content] of text.trimEnd().split('\n').entries()) {
    if (content.startsWith('$ '))
      sessions.push({ command: content.slice(2).trim(), line: line + index, output: [] });
    else sessions.at(-1)?.output.push(content);
  }
  return sessions;
}

/** Packages that examples may import beside Headrace. */
const PACKAGES = ['@types', 'aws-cdk-lib', 'constructs', 'vitest', 'undici-types'];

/** A folder with these files in which `headrace` is installed, until the test ends. */
export function writeProject(files: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/headrace'));
  for (const name of PACKAGES)
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), '{ "name": "docs", "type": "module" }\n');
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  return folder;
}
