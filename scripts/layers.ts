/**
 * Checks that no import violates the order of the layers in docs/design.md.
 *
 *     npx tsx scripts/layers.ts
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseSync, Visitor } from 'rolldown/utils';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * The layers that each layer may import in addition to itself; `*` is every layer. The layer of a
 * file is the longest of these paths that contains it.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/model': [],
  'src/ports': ['src/model'],
  'src/codec': ['src/model'],
  'src/folders': ['src/model'],
  'src/downloads': ['src/model', 'src/sdk'],
  'src/controller': ['src/model', 'src/ports', 'src/codec'],
  'src/external-evaluation': ['src/model', 'src/ports'],
  'src/external-evaluation/process': [
    'src/model',
    'src/ports',
    'src/evaluator',
    'src/client',
    'src/wire',
    'src/external-evaluation',
  ],
  'src/evaluator': ['src/model', 'src/ports', 'src/codec', 'src/sdk', 'src/sdk/replay'],
  'src/aws': ['src/model', 'src/ports', 'src/notifications', 'src/aws/deployment'],
  'src/aws/deployment': [],
  'src/local': ['src/model', 'src/ports', 'src/codec', 'src/runner'],
  'src/runner': ['src/model', 'src/ports', 'src/codec', 'src/folders', 'src/downloads', 'src/sdk'],
  'src/programs': [
    'src/model',
    'src/ports',
    'src/codec',
    'src/runner',
    'src/downloads',
    'src/local',
    'src/bundle',
    'src/aws',
    'src/evaluator',
    'src/client',
    'src/external-evaluation/process',
  ],
  'src/sdk': ['src/model', 'src/codec', 'src/sdk/debug'],
  'src/sdk/debug': ['src/model', 'src/codec', 'src/folders', 'src/downloads', 'src/sdk'],
  'src/sdk/replay': ['src/model', 'src/codec', 'src/sdk'],
  'src/testing': ['src/model', 'src/sdk', 'src/sdk/debug'],
  'src/bundle': ['src/model'],
  'src/wire': ['src/model'],
  'src/client': ['src/model', 'src/wire'],
  'src/schedules': ['src/model'],
  'src/previews': ['src/model', 'src/ports', 'src/folders'],
  'src/notifications': ['src/model'],
  'src/api': ['src/model', 'src/ports', 'src/wire', 'src/schedules', 'src/previews'],
  'src/console-server': ['src/model', 'src/ports', 'src/wire', 'src/api'],
  'src/submit': [
    'src/model',
    'src/ports',
    'src/codec',
    'src/bundle',
    'src/evaluator',
    'src/sdk',
    'src/submit/package-version.ts',
  ],
  'src/submit/package-version.ts': [],
  'src/engine': [
    'src/model',
    'src/ports',
    'src/codec',
    'src/controller',
    'src/evaluator',
    'src/local',
    'src/runner',
    'src/bundle',
    'src/submit',
    'src/external-evaluation',
  ],
  'src/view': [
    'src/model',
    'src/ports',
    'src/codec',
    'src/evaluator',
    'src/sdk',
    'src/sdk/replay',
    'src/wire',
  ],
  'src/launch': [
    'src/model',
    'src/ports',
    'src/codec',
    'src/folders',
    'src/bundle',
    'src/evaluator',
    'src/sdk',
    'src/local',
    'src/notifications',
    'src/submit',
    'src/engine',
    'src/wire',
    'src/client',
    'src/external-evaluation/process',
    'src/view',
  ],
  'src/eslint': ['src/bundle', 'src/sdk/replay', 'src/submit/package-version.ts'],
  'src/cli': ['*'],
  'src/program-client': ['*'],
  'src/index.ts': ['src/model', 'src/codec', 'src/sdk', 'src/launch'],
  bin: ['*'],
  lambda: ['*'],
  lib: ['src/aws/deployment', 'src/model', 'src/submit/package-version.ts'],
  'console/src/address': [],
  'console/src/format': ['src/wire', 'src/model'],
  'console/src/graph/model': ['src/wire', 'src/model', 'console/src/format', 'console/src/live'],
  'console/src/api': ['src/wire', 'src/model', 'console/src/format'],
  'console/src/forms': ['src/wire', 'src/model', 'console/src/format'],
  'console/src/session': ['src/wire', 'src/model', 'console/src/api'],
  'console/src/live': ['src/wire', 'src/model', 'console/src/api'],
  'console/src/ui': [
    'src/wire',
    'src/model',
    'console/src/address',
    'console/src/format',
    'console/src/api',
  ],
  'console/src/graph': [
    'src/model',
    'src/wire',
    'console/src/format',
    'console/src/graph/model',
    'console/src/live',
    'console/src/ui',
  ],
  'console/src/charts': ['console/src/format', 'console/src/ui'],
  'console/src/screens': [
    'src/wire',
    'src/model',
    'console/src/address',
    'console/src/format',
    'console/src/api',
    'console/src/charts',
    'console/src/forms',
    'console/src/live',
    'console/src/graph',
    'console/src/graph/model',
    'console/src/ui',
  ],
  'console/src/app': ['*'],
  scripts: ['*'],
  bench: ['*'],
  test: ['*'],
  testing: ['*'],
};

/** Modules without schemas, whose code the console shares. Of others it imports types alone. */
const SHARED_WITH_CONSOLE: readonly string[] = [
  'src/model/argument-texts.ts',
  'src/model/exact-numbers.ts',
  'src/model/parameter-types.ts',
  'src/model/shell-quoted.ts',
];

const layerOf = (file: string): string | undefined =>
  Object.keys(MAY_IMPORT)
    .filter((layer) => file === layer || file.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0];

/** Whether an import of the module is one of types alone, by the relative module. */
type Imports = ReadonlyMap<string, boolean>;

/** Returns the relative modules of all imports and exports of a source, types included. */
function importsOf(file: string, text: string): Imports {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const found = new Map<string, boolean>();
  const addSource = (node: {
    readonly type: string;
    readonly source: { readonly type: string; readonly value?: unknown } | null;
    readonly importKind?: string | null;
    readonly exportKind?: string | null;
  }) => {
    if (typeof node.source?.value !== 'string' || !node.source.value.startsWith('.')) return;
    const isType =
      node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type';
    found.set(node.source.value, isType && found.get(node.source.value) !== false);
  };
  const visitor = {
    ImportDeclaration: addSource,
    ExportNamedDeclaration: addSource,
    ExportAllDeclaration: addSource,
    ImportExpression: addSource,
    TSImportType: addSource,
  };
  new Visitor(visitor).visit(program);
  return found;
}

/**
 * Returns a sentence for each forbidden import.
 *
 * @param sources texts by path relative to the repository, with forward slashes
 */
export function violations(
  sources: Iterable<readonly [file: string, text: string]>,
): readonly string[] {
  const found: string[] = [];
  for (const [file, text] of sources) {
    const layer = layerOf(file);
    if (layer === undefined) {
      found.push(`${file} is in no layer: name its folder in scripts/layers.ts and docs/design.md`);
      continue;
    }
    const allowed = MAY_IMPORT[layer] ?? [];
    for (const [name, isType] of importsOf(file, text)) {
      const target = posix.normalize(posix.join(posix.dirname(file), name));
      const other = layerOf(target);
      if (
        layer.startsWith('console/') &&
        target.startsWith('src/') &&
        !isType &&
        !SHARED_WITH_CONSOLE.includes(target)
      )
        found.push(
          `${file} imports ${target}: the console imports only types of it, with \`import type\``,
        );
      if (
        other === layer ||
        allowed.includes('*') ||
        (other !== undefined && allowed.includes(other))
      )
        continue;
      found.push(
        `${file} imports ${target}: ${layer} may import ${allowed.length === 0 ? 'nothing of ours' : `only ${allowed.join(', ')}`}`,
      );
    }
  }
  return found;
}

function* sources(): Generator<readonly [string, string]> {
  for (const folder of ['src', 'bin', 'lambda', 'lib', 'console']) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      yield [relative(ROOT, path).split(sep).join('/'), readFileSync(path, 'utf8')];
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const found = violations(sources());
  for (const sentence of found) console.error(sentence);
  console.log(
    found.length === 0
      ? 'layers: every import follows the order'
      : `layers: ${found.length} imports violate the order`,
  );
  process.exitCode = found.length === 0 ? 0 : 1;
}
