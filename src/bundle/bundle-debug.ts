/**
 * Bundles a pipeline's source as one module for this process. Functions stay in place, and
 * breakpoints and stack traces refer to the lines of the source.
 *
 * @module
 */
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, RolldownMagicString, rolldown } from 'rolldown';
import { exportAssignmentEdits, importEqualsEdits } from './commonjs-edits.ts';
import type { Declaration } from './declarations.ts';
import { lowerDecorators } from './decorators.ts';
import { BundleFailedError, UnresolvedImportError, UnresolvedPackageError } from './errors.ts';
import { readJsonFile } from './json-file.ts';
import { isCallable } from './omitted-ranges.ts';
import { analyse, choosePipeline } from './pipelines.ts';
import { metaText } from './rewrite.ts';
import type { Analysis } from './selection.ts';
import { DEFAULT_EXPORT_NAME, isSource, type SourceModule, type Unit } from './source-module.ts';

export interface DebugBundleOptions {
  readonly file: string;
  readonly pipeline?: string | undefined;
  /** The file behind `headrace`: the package itself, as a plain program has it. */
  readonly sdk: { readonly host: string };
}

export interface DebugBundle {
  /** An ES module with an inline source map. Its imports lead to files of this machine. */
  readonly text: string;
  /** The name under which it exports the pipeline. */
  readonly exportName: string;
  readonly id: string;
  readonly name: string;
}

const ROOT = '__headrace';
const ENTRY = '\0headrace-entry';
/** Headrace, as a module that `require` can return too. */
const HOST = '\0headrace-host';
/** What `src/sdk/debug` provides during a run. */
const LOGIC_PROCESS = `(globalThis[Symbol.for('headrace.process')] ?? process)`;
/** Imports that the transformer adds. */
const HELPERS = '@oxc-project/runtime/';

/** @throws the errors of `bundlePipeline`, except `UnbundlableError`: nothing is moved here */
export async function bundleDebug(options: DebugBundleOptions): Promise<DebugBundle> {
  const analysis = analyse(options.file);
  const { declaration: pipeline } = choosePipeline(analysis, options.pipeline);
  const [local, ...path] = pipeline.accessPath ?? [''];
  const root = `\nconst ${ROOT} = ${[local, ...path.map((key) => `[${JSON.stringify(key)}]`)].join('')};\nexport { ${ROOT} };\n`;
  const entry = `import ${JSON.stringify(analysis.project.entry.file)};\nexport { ${ROOT} as default } from ${JSON.stringify(pipeline.module.file)};`;
  const source = debugPlugin(analysis, options.sdk.host, entry, (module) =>
    module === pipeline.module ? root : '',
  );
  const label = `pipeline ${JSON.stringify(pipeline.name)}`;
  try {
    const bundle = await rolldown({
      input: ENTRY,
      cwd: analysis.project.root,
      platform: 'node',
      logLevel: 'silent',
      transform: { target: 'node20.19' },
      plugins: [source.plugin],
    });
    try {
      const { output } = await bundle.generate({
        format: 'esm',
        codeSplitting: false,
        sourcemap: 'inline',
        // The caller chooses where the module is written, so its sources have absolute paths.
        dir: analysis.project.root,
        sourcemapPathTransform: (relative) =>
          new URL(relative, pathToFileURL(`${analysis.project.root}/`)).href,
      });
      return { text: output[0].code, exportName: 'default', id: pipeline.id, name: pipeline.name };
    } finally {
      await bundle.close();
    }
  } catch (error) {
    if (source.failure() !== undefined) throw source.failure();
    throw new BundleFailedError(
      label,
      error instanceof Error ? error.message : String(error),
      error,
    );
  }
}

function debugPlugin(
  analysis: Analysis,
  host: string,
  entry: string,
  extraText: (module: SourceModule) => string,
) {
  const { project } = analysis;
  let failure: unknown;
  const rememberFailure = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  const rolldownPlugin: Plugin = {
    name: 'headrace-debug',
    resolveId: (specifier, importer, { kind }) => {
      if (specifier === ENTRY) return ENTRY;
      if (specifier.startsWith(HELPERS)) return undefined;
      if (importer === HOST) return { id: specifier, external: true };
      if (importer === ENTRY) return { id: specifier };
      if (importer === undefined || importer.startsWith('\0') || !isSource(importer))
        return undefined;
      return rememberFailure(() =>
        resolveImport(analysis, project.module(importer), specifier, kind === 'require-call'),
      );
    },
    load: (id) => {
      if (id === ENTRY) return { code: entry, moduleType: 'js' };
      if (id === HOST)
        return {
          code: `export * from ${JSON.stringify(pathToFileURL(host).href)};`,
          moduleType: 'js',
        };
      if (id.endsWith('.json'))
        return rememberFailure(() => ({
          code: readJsonFile(id, project.place(id)),
          moduleType: 'json' as const,
        }));
      return isSource(id) && !id.startsWith('\0')
        ? rememberFailure(() => transformModule(analysis, project.module(id), extraText))
        : undefined;
    },
    transform: async (code, id) => {
      if (id.startsWith('\0') || !isSource(id)) return undefined;
      try {
        return await lowerDecorators(code, project.module(id));
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
  };
  return { plugin: rolldownPlugin, failure: () => failure };
}

/**
 * Files become part of the module. Packages and builtins are imported from where they are.
 *
 * @param isRequired by `require`, which accepts paths, not URLs
 */
function resolveImport(
  analysis: Analysis,
  importer: SourceModule,
  specifier: string,
  isRequired: boolean,
) {
  const { project } = analysis;
  const resolution = project.resolve(importer, specifier);
  switch (resolution.kind) {
    case 'file':
      return { id: resolution.file };
    case 'builtin':
      return { id: specifier, external: true };
    case 'headrace':
      return { id: HOST };
    case 'package': {
      const file = project.packageFile(importer.file, specifier);
      if (file === undefined)
        throw new UnresolvedPackageError(
          resolution.name,
          specifier,
          importer.locationAt(positionOfImport(importer, specifier)),
        );
      return { id: isRequired ? file : pathToFileURL(file).href, external: true };
    }
    case 'missing': {
      const location = importer.locationAt(positionOfImport(importer, specifier));
      throw resolution.packageName === null
        ? new UnresolvedImportError(specifier, location)
        : new UnresolvedPackageError(resolution.packageName, specifier, location);
    }
  }
}

const positionOfImport = (module: SourceModule, specifier: string): number =>
  module.importStatements.find((each) => each.specifier === specifier)?.at ??
  Math.max(0, module.text.indexOf(specifier));

/** The module with the ids of its declarations, and without statements that start a run. */
function transformModule(
  analysis: Analysis,
  module: SourceModule,
  extraText: (module: SourceModule) => string,
) {
  const text = new RolldownMagicString(module.text, { filename: module.file });
  const { stripped, blanked } = analysis.launches.of(module);
  for (const unit of module.units) {
    const { node } = unit;
    if (stripped.has(unit)) text.overwrite(node.start, node.end, ';');
    else if (blanked.has(unit))
      text.overwrite(
        node.start,
        node.end,
        unit.declares[0] === DEFAULT_EXPORT_NAME ? 'undefined' : `let ${unit.declares.join(', ')};`,
      );
    else {
      for (const meta of unit.references.metas) {
        const value = metaValue(module, meta.property);
        if (value !== undefined)
          text.overwrite(meta.node.start, meta.node.end, JSON.stringify(value));
      }
      for (const { node: used } of processesOfLogic(analysis, module, unit))
        text.overwrite(used.start, used.end, LOGIC_PROCESS);
      if (unit.declares[0] === DEFAULT_EXPORT_NAME) nameDefault(text, module, unit.node);
    }
  }
  for (const declaration of analysis.declarations.of(module)) {
    if (!stripped.has(declaration.unit) && !blanked.has(declaration.unit))
      text.appendLeft(declaration.fn.end, `, ${debugMetaText(analysis, declaration)}`);
  }
  const edits = module.opaque
    ? exportAssignmentEdits(module, (specifier) => specifier)
    : importEqualsEdits(analysis.project, module);
  for (const edit of edits) text.overwrite(edit.start, edit.end, edit.text);
  const root = extraText(module);
  if (root !== '') text.append(root);
  const map = text.generateMap({ source: module.file, includeContent: true, hires: 'boundary' });
  return { code: text.toString(), map: map.toString(), moduleType: module.language };
}

/** A pipeline that the logic of another one cannot call is marked: here, its function is present. */
const debugMetaText = (analysis: Analysis, declaration: Declaration): string =>
  declaration.kind === 'component' || isCallable(declaration)
    ? metaText(analysis, declaration)
    : JSON.stringify({ id: declaration.id, name: declaration.name, notCallable: true });

/** `process` in the functions of pipelines, which is not there in the other modes. */
function processesOfLogic({ declarations }: Analysis, module: SourceModule, unit: Unit) {
  const functions = declarations
    .of(module)
    .filter(({ kind }) => kind === 'pipeline')
    .map(({ fn }) => fn);
  return unit.references.processes.filter(
    ({ node }) =>
      node.type === 'Identifier' &&
      functions.some((fn) => node.start >= fn.start && node.end <= fn.end),
  );
}

/** `export default <expression>` as a constant that can be referred to. */
function nameDefault(
  text: RolldownMagicString,
  module: SourceModule,
  node: { readonly start: number; readonly end: number; readonly type: string },
): void {
  const start = module.text.lastIndexOf('export', node.start);
  text.overwrite(start, node.start, `const ${DEFAULT_EXPORT_NAME} = `);
  text.append(`\nexport default ${DEFAULT_EXPORT_NAME};\n`);
}

function metaValue(module: SourceModule, property: string | undefined): string | undefined {
  if (property === 'url') return pathToFileURL(module.file).href;
  if (property === 'filename' || property === '__filename') return module.file;
  return property === 'dirname' || property === '__dirname' ? dirname(module.file) : undefined;
}
