/**
 * Checks the project of a folder: its package.json, its tsconfig.json, and how often the package
 * headrace is installed.
 *
 * @module
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'rolldown/utils';
import { jsonOf } from '../../bundle/ast.ts';
import { describeThrown } from '../../model/describe-thrown.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { PlugAndPlayError } from '../../submit/node-modules.ts';
import { headraceVersion } from '../../submit/package-version.ts';
import type { Finding } from './finding.ts';

/** Values of `module` whose default resolution of packages does not read `exports`. */
const MODULES_WITHOUT_EXPORTS = new Set(['commonjs', 'amd', 'umd', 'system', 'none']);
const RESOLUTIONS_WITHOUT_EXPORTS = new Set(['node', 'node10', 'classic']);

const MAX_EXTENDED_CONFIGS = 10;

export function projectFindings(folder: string): readonly Finding[] {
  const root = nearestWith(folder, 'package.json');
  return [
    packageFinding(root),
    ...(root === undefined ? [] : typescriptFindings(root)),
    installationFinding(folder),
  ];
}

function nearestWith(folder: string, file: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, file))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function packageFinding(root: string | undefined): Finding {
  const subject = 'package.json';
  if (root === undefined)
    return {
      subject,
      status: 'warn',
      value: 'none in this folder or above',
      advice: ['`headrace init` makes a project: without one, each folder has a home of its own'],
    };
  const content = readConfig(join(root, 'package.json'));
  if (typeof content === 'string')
    return { subject, status: 'fail', value: content, advice: ['correct the file'] };
  const type = content.type ?? 'commonjs';
  if (type === 'module' || type === 'commonjs')
    return { subject, status: 'ok', value: `"type": "${type}"` };
  return {
    subject,
    status: 'fail',
    value: `"type": ${JSON.stringify(type)}`,
    needed: '"type": "module"',
    advice: ['Node.js accepts "module" and "commonjs"'],
  };
}

function typescriptFindings(root: string): readonly Finding[] {
  const file = join(root, 'tsconfig.json');
  if (!existsSync(file)) return [];
  const subject = 'tsconfig.json';
  const options = compilerOptions(file);
  if (typeof options === 'string')
    return [{ subject, status: 'fail', value: options, advice: ['correct the file'] }];
  const findings: Finding[] = [];
  const resolution = lowerCase(options.moduleResolution);
  const module = lowerCase(options.module);
  const finds =
    resolution === undefined
      ? module === undefined || !MODULES_WITHOUT_EXPORTS.has(module)
      : !RESOLUTIONS_WITHOUT_EXPORTS.has(resolution);
  if (!finds)
    findings.push({
      subject,
      status: 'fail',
      value:
        resolution === undefined ? `"module": "${module}"` : `"moduleResolution": "${resolution}"`,
      needed: '"module": "nodenext"',
      advice: [
        'TypeScript does not find the types of headrace, which are in the field exports of its package.json: set "module" to "nodenext", or "moduleResolution" to "bundler"',
      ],
    });
  if (options.strict !== true && options.strictNullChecks !== true)
    findings.push({
      subject,
      status: 'warn',
      value: 'not strict',
      needed: '"strict": true',
      advice: ['without "strict", TypeScript accepts `if (lazy)` and calls with missing arguments'],
    });
  return findings.length > 0 ? findings : [{ subject, status: 'ok', value: 'finds the types' }];
}

const lowerCase = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value.toLowerCase() : undefined;

type JsonFields = { readonly [name: string]: Json | undefined };

/** The compiler options with those of the configurations that it extends, or why there are none. */
function compilerOptions(file: string, depth = 0): JsonFields | string {
  const config = readConfig(file);
  if (typeof config === 'string') return config;
  const own = fieldsOf(config.compilerOptions) ?? {};
  const bases = [config.extends].flat().filter((each) => typeof each === 'string');
  let options: JsonFields = {};
  for (const base of depth < MAX_EXTENDED_CONFIGS ? bases : []) {
    // A configuration of a package is not followed: it may be anywhere.
    if (!base.startsWith('.')) continue;
    const path = join(dirname(file), base);
    const inherited = compilerOptions(existsSync(path) ? path : `${path}.json`, depth + 1);
    if (typeof inherited === 'string') return inherited;
    options = { ...options, ...inherited };
  }
  return { ...options, ...own };
}

/** A file of JSON with comments, or why it cannot be read. */
function readConfig(file: string): JsonFields | string {
  try {
    const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
    const { program, errors } = parseSync('config.js', `(${text}\n)`);
    const [statement] = program.body;
    const value =
      errors.length === 0 && statement?.type === 'ExpressionStatement'
        ? fieldsOf(jsonOf(statement.expression))
        : undefined;
    return value ?? `${file} is not valid JSON`;
  } catch (error) {
    return describeThrown(error);
  }
}

const fieldsOf = (value: Json | undefined): JsonFields | undefined =>
  isFields(value) ? value : undefined;

const isFields = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Two copies of the package do not know each other's Lazies and components. */
function installationFinding(folder: string): Finding {
  const subject = 'headrace';
  const version = headraceVersion();
  const copies = installedCopies(folder);
  const own = ownFolder();
  const [first] = copies;
  if (process.versions.pnp !== undefined)
    return {
      subject,
      status: 'warn',
      value: `${version}, without node_modules`,
      advice: [new PlugAndPlayError().message],
    };
  if (first === undefined)
    return {
      subject,
      status: 'warn',
      value: `${version}, not installed in this project`,
      advice: ['install it in the project: npm install headrace'],
    };
  if (copies.length > 1)
    return {
      subject,
      status: 'warn',
      value: `${copies.length} copies: ${copies.map(copyText).join(', ')}`,
      advice: [
        'keep one copy, in the root of the workspace: a program that loads two has two sets of components',
      ],
    };
  if (own !== undefined && first.folder !== own && first.version !== version)
    return {
      subject,
      status: 'warn',
      value: `this command is ${version}, the project has ${first.version}`,
      advice: ['call the command of the project: `npx headrace`'],
    };
  return { subject, status: 'ok', value: first.version };
}

interface Copy {
  readonly folder: string;
  readonly version: string;
}

const copyText = ({ folder, version }: Copy): string => `${version} in ${folder}`;

/** The copies in `node_modules` of the folder and of those above it. */
function installedCopies(folder: string): readonly Copy[] {
  const found = new Map<string, Copy>();
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'node_modules', 'headrace');
    if (existsSync(join(path, 'package.json'))) {
      const real = realpathSync(path);
      const content = readConfig(join(real, 'package.json'));
      const version = typeof content === 'string' ? undefined : content.version;
      found.set(real, { folder: real, version: typeof version === 'string' ? version : 'unknown' });
    }
    if (dirname(at) === at) return [...found.values()];
  }
}

/** The folder of the package that this command is from. */
function ownFolder(): string | undefined {
  return nearestWith(dirname(fileURLToPath(import.meta.url)), 'package.json');
}
