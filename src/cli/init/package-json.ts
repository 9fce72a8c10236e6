/**
 * The `package.json` of a new project, and the additions to an existing one. An addition never
 * changes a value that the file has.
 *
 * @module
 */
import { z } from 'zod';
import { CommandLineError } from '../../launch/errors.ts';
import { recordOf } from '../../model/json.ts';
import { headraceVersion } from '../../submit/package-version.ts';

/** The versions that Headrace is tested with. */
export const DEV_DEPENDENCIES: Readonly<Record<string, string>> = {
  '@types/node': '^20.19.43',
  typescript: '^7.0.2',
  vitest: '^4.1.12',
};

const SCRIPTS: Readonly<Record<string, string>> = {
  start: 'headrace run pipeline.ts',
  test: 'vitest run',
  typecheck: 'tsc',
};

/** What `npm init` writes as the script `test`. It stands for no test. */
const NO_TEST = /^echo "Error: no test specified" && exit 1$/;

const texts = recordOf(z.string(), z.string());
const packageJson = z.looseObject({
  type: z.string().optional(),
  scripts: texts.optional(),
  dependencies: texts.optional(),
  devDependencies: texts.optional(),
});

export interface PackageEdit {
  readonly text: string;
  /** The names of the added fields, as in `scripts.test`. */
  readonly added: readonly string[];
  /** What the user should know of the existing file. */
  readonly notes: readonly string[];
}

export function newPackageJson(folderName: string): string {
  const name = folderName
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '');
  return print({
    name: name === '' ? 'pipelines' : name,
    version: '0.0.0',
    private: true,
    type: 'module',
    scripts: SCRIPTS,
    dependencies: { headrace: `^${headraceVersion()}` },
    devDependencies: DEV_DEPENDENCIES,
  });
}

/**
 * @param hasModules whether the folder has JavaScript files, whose format `type` would change
 * @throws CommandLineError if the text is not that of a `package.json`
 */
export function withAdditions(text: string, path: string, hasModules: boolean): PackageEdit {
  const existing = parse(text, path);
  const added: string[] = [];
  const notes: string[] = [];
  const result: Record<string, unknown> = { ...existing };
  if (existing.type === undefined && !hasModules) {
    result.type = 'module';
    added.push('type');
  }
  if (result.type !== 'module')
    notes.push(
      'package.json has not "type": "module": pipelines run, and a file that exports them with `verbatimModuleSyntax` must be named .mts',
    );
  const installed = { ...existing.dependencies, ...existing.devDependencies };
  const fields = [
    ['scripts', SCRIPTS, withoutPlaceholder(existing.scripts)],
    ['dependencies', { headrace: `^${headraceVersion()}` }, installed],
    ['devDependencies', DEV_DEPENDENCIES, installed],
  ] as const;
  for (const [field, wanted, present] of fields) {
    const missing = Object.entries(wanted).filter(([name]) => present?.[name] === undefined);
    if (missing.length === 0) continue;
    const before = field === 'scripts' ? withoutPlaceholder(existing.scripts) : existing[field];
    result[field] = { ...before, ...Object.fromEntries(missing) };
    added.push(...missing.map(([name]) => `${field}.${name}`));
  }
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ';
  return { text: print(result, indent), added, notes };
}

function withoutPlaceholder(
  scripts: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (scripts?.test === undefined || !NO_TEST.test(scripts.test)) return scripts;
  const { test: _, ...rest } = scripts;
  return rest;
}

function parse(text: string, path: string): z.infer<typeof packageJson> {
  try {
    return packageJson.parse(JSON.parse(text));
  } catch (error) {
    throw new CommandLineError(`${path} is not the package.json of a project: mend it first`, {
      cause: error,
    });
  }
}

const print = (value: unknown, indent = '  '): string =>
  `${JSON.stringify(value, undefined, indent)}\n`;
