/**
 * Finds the workspace that a package belongs to: npm and yarn declare its members in the field
 * `workspaces` of `package.json`, pnpm in `pnpm-workspace.yaml`.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * The root of the outermost workspace with this package as a member; the package's own folder if
 * there is none.
 */
export function workspaceRoot(packageFolder: string): string {
  let root = packageFolder;
  for (let folder = packageFolder; dirname(folder) !== folder; ) {
    folder = dirname(folder);
    const member = relative(folder, root).split(sep).join('/');
    if (isMember(member, memberPatterns(folder))) root = folder;
  }
  return root;
}

/** The patterns of a folder's workspace; none if it has no workspace. */
function memberPatterns(folder: string): readonly string[] {
  const yaml = readText(join(folder, 'pnpm-workspace.yaml'));
  if (yaml !== undefined) return packagesOfYaml(yaml);
  const text = readText(join(folder, 'package.json'));
  return text === undefined ? [] : workspacesOf(parseJson(text));
}

function workspacesOf(packageJson: unknown): readonly string[] {
  if (!isRecord(packageJson)) return [];
  const { workspaces } = packageJson;
  const patterns = isRecord(workspaces) ? workspaces.packages : workspaces;
  return Array.isArray(patterns) ? patterns.filter((each) => typeof each === 'string') : [];
}

/** The list `packages` of a `pnpm-workspace.yaml`, in block or flow style. */
function packagesOfYaml(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trimEnd());
  const start = lines.findIndex((line) => /^packages\s*:/.test(line));
  if (start === -1) return [];
  const flow = /\[(.*?)\]/s.exec(lines.slice(start).join('\n'));
  if (/^packages\s*:\s*\[/.test(lines[start] ?? ''))
    return (flow?.[1] ?? '').split(',').map(unquoted).filter(Boolean);
  const found: string[] = [];
  for (const line of lines.slice(start + 1)) {
    const [, item] = /^\s*-\s+(.+)$/.exec(line) ?? [];
    if (item !== undefined) found.push(unquoted(item));
    else if (line.trim() !== '') break;
  }
  return found;
}

const unquoted = (text: string): string => text.trim().replace(/^(['"])(.*)\1$/, '$2');

/** A later pattern with `!` excludes what an earlier one includes. */
function isMember(path: string, patterns: readonly string[]): boolean {
  let member = false;
  for (const pattern of patterns) {
    const excludes = pattern.startsWith('!');
    if (globExpression(excludes ? pattern.slice(1) : pattern).test(path)) member = !excludes;
  }
  return member;
}

/** The patterns of package managers: `*`, `**`, `?` and `{a,b}`. */
function globExpression(glob: string): RegExp {
  const source = glob
    .replace(/^\.?\/+|\/+$/g, '')
    .replace(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|[.+^$()|[\]\\{}]/g, (token) => {
      if (token === '**/') return '(?:[^/]+/)*';
      if (token === '**') return '.*';
      if (token === '*') return '[^/]*';
      if (token === '?') return '[^/]';
      if (token.length > 1) return `(?:${token.slice(1, -1).split(',').map(escaped).join('|')})`;
      return `\\${token}`;
    });
  return new RegExp(`^${source}$`);
}

const escaped = (text: string): string =>
  text.replace(/[.+^$()|[\]\\?]/g, '\\$&').replace(/\*/g, '[^/]*');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
