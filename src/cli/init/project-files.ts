/**
 * Writes the files of a new project. An existing file is kept, unless the caller names it; to
 * `package.json` and `.gitignore` it adds what is missing.
 *
 * @module
 */
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandLineError } from '../../launch/errors.ts';
import { newPackageJson, withAdditions } from './package-json.ts';
import type { PackageManager } from './package-manager.ts';

export interface WrittenFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly outcome: 'created' | 'changed' | 'overwritten' | 'kept';
  /** The lines or fields that were added to an existing file. */
  readonly added: readonly string[];
}

export interface WrittenProject {
  readonly files: readonly WrittenFile[];
  readonly notes: readonly string[];
}

/** npm leaves `.gitignore` out of packages, so the template has another name. */
const FILE_NAMES: Readonly<Record<string, string>> = { gitignore: '.gitignore' };

/**
 * pnpm fails without a decision on install scripts, and cbor-extract has compiled files in any case.
 * yarn must install into `node_modules`, because the bundler reads packages there.
 */
const MANAGER_FILES: Readonly<Record<PackageManager['name'], ReadonlyMap<string, string>>> = {
  npm: new Map(),
  pnpm: new Map([
    ['pnpm-workspace.yaml', 'allowBuilds:\n  cbor-extract: false\n  esbuild: true\n'],
  ]),
  yarn: new Map([['.yarnrc.yml', 'nodeLinker: node-modules\n']]),
};

/**
 * @param overwrite paths of existing files to replace, relative to the project
 * @throws CommandLineError if a path of `overwrite` is not a file of the template
 */
export async function writeProject(
  project: string,
  manager: PackageManager,
  overwrite: readonly string[],
): Promise<WrittenProject> {
  const templates = new Map([...readTemplates(), ...MANAGER_FILES[manager.name]]);
  const replaced = new Set(overwrite.map((path) => path.replace(/^\.\//, '')));
  const known = [...templates.keys(), 'package.json'];
  for (const path of replaced)
    if (!known.includes(path))
      throw new CommandLineError(
        `--overwrite ${path}: the project has no such file; there are ${known.sort().join(', ')}`,
      );
  const notes: string[] = [];
  const edits = new Map<string, Edit>([
    [
      'package.json',
      (text) => {
        const edit = withAdditions(text, join(project, 'package.json'), hasModules(project));
        notes.push(...edit.notes);
        return edit;
      },
    ],
    ['.gitignore', withLines(templates.get('.gitignore') ?? '')],
  ]);
  templates.set('package.json', newPackageJson(basename(resolve(project))));
  const files: WrittenFile[] = [];
  for (const [path, text] of [...templates].sort(([a], [b]) => (a < b ? -1 : 1)))
    files.push(
      await writeProjectFile(project, path, text, replaced.has(path) ? 'replace' : edits.get(path)),
    );
  return { files, notes };
}

type Edit = (text: string) => { readonly text: string; readonly added: readonly string[] };

async function writeProjectFile(
  project: string,
  path: string,
  text: string,
  existing: Edit | 'replace' | undefined,
): Promise<WrittenFile> {
  const target = join(project, path);
  await mkdir(dirname(target), { recursive: true });
  try {
    // The flag keeps a file that another process makes at the same time.
    await writeFile(target, text, { flag: 'wx' });
    return { path, outcome: 'created', added: [] };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  if (existing === 'replace') {
    await writeFile(target, text);
    return { path, outcome: 'overwritten', added: [] };
  }
  const before = await readFile(target, 'utf8');
  const { text: after, added } = existing?.(before) ?? { text: before, added: [] };
  if (added.length === 0) return { path, outcome: 'kept', added };
  await writeFile(target, after);
  return { path, outcome: 'changed', added };
}

/** Adds the lines that the text lacks. */
const withLines =
  (wanted: string): Edit =>
  (text) => {
    const present = new Set(text.split('\n').map((line) => line.trim().replace(/^\/|\/$/g, '')));
    const added = wanted
      .trim()
      .split('\n')
      .filter((line) => !present.has(line.replace(/\/$/, '')));
    const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    return { text: `${start}${added.map((line) => `${line}\n`).join('')}`, added };
  };

const hasModules = (project: string): boolean =>
  readdirSync(project).some((name) => /\.(?:js|jsx|ts|tsx)$/.test(name));

/** The texts of the template by their path in a project. */
function readTemplates(): ReadonlyMap<string, string> {
  // The sources have one folder more above this file than the built package.
  const root = fileURLToPath(
    new URL(
      import.meta.url.endsWith('.ts') ? '../../../templates/project' : '../templates/project',
      import.meta.url,
    ),
  );
  const isFile = (entry: Dirent): boolean => entry.isFile();
  return new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(isFile)
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        const path = relative(root, file).split(sep).join('/');
        return [FILE_NAMES[path] ?? path, readFileSync(file, 'utf8')] as const;
      }),
  );
}
