/**
 * The Markdown files of the project, and the parts of them that the tests check: lines of prose,
 * headings, links, code blocks and tables.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders that hold no sources of the project. */
const IGNORED_FOLDERS: readonly string[] = ['node_modules', 'dist', 'cdk.out', 'coverage'];

export interface CodeBlock {
  readonly language: string;
  /** The rest of the info string, such as a file's name. */
  readonly info: string;
  /** Of the first line of code, from 1. */
  readonly line: number;
  readonly text: string;
}

export interface Link {
  readonly line: number;
  readonly target: string;
}

export interface ProseLine {
  readonly line: number;
  readonly text: string;
}

/** Reads a file of the project. @param path relative to the root */
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Paths relative to the root, with forward slashes. */
export function markdownFiles(): readonly string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .flatMap((entry) => {
      if (!entry.isDirectory()) return [entry.name];
      if (entry.name.startsWith('.') || IGNORED_FOLDERS.includes(entry.name)) return [];
      const inside = readdirSync(join(ROOT, entry.name), { recursive: true, encoding: 'utf8' });
      return inside.map((path) => `${entry.name}/${path.replaceAll('\\', '/')}`);
    })
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules/'))
    .sort();
}

const FENCE = /^(\s*)(`{3,})\s*(\S*)\s*(.*)$/;

/** Splits a text into code blocks and the lines outside of them. */
function split(text: string): {
  readonly blocks: readonly CodeBlock[];
  readonly prose: readonly ProseLine[];
} {
  const blocks: CodeBlock[] = [];
  const prose: ProseLine[] = [];
  let open: { fence: string; language: string; info: string; line: number } | undefined;
  let code: string[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const [, , fence = '', language = '', info = ''] = FENCE.exec(content) ?? [];
    if (open === undefined && fence !== '') {
      open = { fence, language, info: info.trim(), line: index + 2 };
      code = [];
    } else if (open !== undefined && content.trim() === open.fence) {
      const { language: opened, info: rest, line } = open;
      blocks.push({ language: opened, info: rest, line, text: `${code.join('\n')}\n` });
      open = undefined;
    } else if (open !== undefined) code.push(content);
    else prose.push({ line: index + 1, text: content });
  }
  return { blocks, prose };
}

export const codeBlocks = (text: string): readonly CodeBlock[] => split(text).blocks;

/** Lines outside of code blocks. */
export const proseLines = (text: string): readonly ProseLine[] => split(text).prose;

const INLINE_CODE = /(`+)(?:(?!\1).)*\1/g;
const LINK = /\]\(([^()\s]+(?:\([^()\s]*\))?)\)/g;

/** Links of the form `[text](target)`, those in inline code excepted. */
export const links = (text: string): readonly Link[] =>
  proseLines(text).flatMap(({ line, text: content }) =>
    [...content.replaceAll(INLINE_CODE, '``').matchAll(LINK)].map(([, target = '']) => ({
      line,
      target,
    })),
  );

export interface Heading {
  readonly level: number;
  readonly title: string;
  readonly line: number;
}

export const headings = (text: string): readonly Heading[] =>
  proseLines(text).flatMap(({ line, text: content }) => {
    const [, marks, title] = /^(#{1,6}) (.+)$/.exec(content) ?? [];
    return marks === undefined || title === undefined
      ? []
      : [{ level: marks.length, title: title.trim(), line }];
  });

/** The anchors that GitHub derives from headings, and explicit ones (`<a id="…">`). */
export function anchors(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { title } of headings(text)) {
    const plain = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let unique = slug;
    for (let count = 1; found.has(unique); count += 1) unique = `${slug}-${count}`;
    found.add(unique);
  }
  for (const { text: content } of proseLines(text))
    for (const [, id = ''] of content.matchAll(/<a id="([^"]+)">/g)) found.add(id);
  return found;
}

/** The rows of all tables in a section, without heads and rules. @param title of the section */
export function tableRows(text: string, title?: string): readonly (readonly string[])[] {
  const all = headings(text);
  const start = title === undefined ? undefined : all.find((heading) => heading.title === title);
  if (title !== undefined && start === undefined) throw new Error(`there is no heading ${title}`);
  const end = all.find(
    ({ line, level }) => start !== undefined && line > start.line && level <= start.level,
  );
  const lines = proseLines(text).filter(
    ({ line }) => line > (start?.line ?? 0) && line < (end?.line ?? Number.POSITIVE_INFINITY),
  );
  const cells = ({ text: content }: ProseLine) =>
    content
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  const isRule = ({ text: content }: ProseLine) => /^\|(?:\s*:?-+:?\s*\|)+\s*$/.test(content);
  return lines.flatMap((line, index) => {
    if (!line.text.startsWith('|') || isRule(line)) return [];
    const next = lines[index + 1];
    return next !== undefined && isRule(next) ? [] : [cells(line)];
  });
}
