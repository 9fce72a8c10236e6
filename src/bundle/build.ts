/**
 * One run of rolldown: from the texts of a selection's modules to the text of a bundle.
 *
 * 1. The text does not depend on the machine: it has no paths, no comments, and a fixed order. Its
 *    hash is the identity of the code.
 * 2. Logic is closed: packages are inlined, and builtins are absent. Steps are open: packages and
 *    builtins stay imports.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, isAbsolute, resolve } from 'node:path';
import {
  type InputOptions,
  type OutputChunk,
  type OutputOptions,
  type Plugin,
  rolldown,
} from 'rolldown';
import { HeadraceError } from '../model/headrace-error.ts';
import { lowerDecorators } from './decorators.ts';
import { BundleFailedError } from './errors.ts';
import { readJsonFile } from './json-file.ts';
import type { PrintedModule } from './print.ts';
import type { PrintedMap } from './source-maps.ts';

export interface BuildInput {
  /** For messages: `component "load"`. */
  readonly label: string;
  readonly root: string;
  /** The text of the entry module. */
  readonly entry: string;
  /** By file. */
  readonly texts: ReadonlyMap<string, PrintedModule>;
  /** The file behind `headrace`, wherever it is imported from. */
  readonly sdk: string;
  /** How messages name a file: by its package and its path there. */
  readonly place: (file: string) => string;
  /** Packages that the project imports only for their side effects. */
  readonly effects: readonly string[];
}

export interface Built {
  readonly text: string;
  /** What each module contributed, by file. */
  readonly modules: readonly { readonly file: string; readonly bytes: number }[];
  readonly sourceMap: PrintedMap;
}

/** The oldest supported Node.js. Newer syntax is lowered to it. */
const TARGET = 'node20.19';

const ENTRY = '\0headrace-entry';
/** Every specifier except paths, drive letters, our own ids, and the helpers of the transformer. */
const EXTERNAL_SPECIFIER = /^(?![a-zA-Z]:[\\/]|@oxc-project\/runtime\/)[^./\\\0]/;
const BUILTIN = new RegExp(
  `^(?:node:.*|${builtinModules.filter((name) => !name.startsWith('_')).join('|')})$`,
);
const UNSEEN_PREFIX = '\0headrace-unseen:';
const ABSENT_PREFIX = '\0headrace-absent:';
const NATIVE = /\.node$/;

/** Emitted logic calls this in place of a builtin that is absent. */
const ABSENT_CALL = '__headrace_absent';

export async function buildStep(input: BuildInput): Promise<Built> {
  return await build(
    input,
    { platform: 'node', external: [EXTERNAL_SPECIFIER], plugins: [sourcesPlugin(input)] },
    { format: 'esm' },
  );
}

export interface BuiltLogic extends Built {
  /** Builtins (and `.node` addons) that packages import although the logic has none. */
  readonly absent: readonly { readonly name: string; readonly importer: string }[];
  /** The files of packages that import a builtin, whether or not the logic uses them. */
  readonly builtinImporters: ReadonlySet<string>;
}

/** @param builtins the files behind the builtins that logic may use. */
export async function buildLogic(
  input: BuildInput,
  builtins: ReadonlyMap<string, string>,
): Promise<BuiltLogic> {
  const importers = new Map<string, string>();
  const builtinImporters = new Set<string>();
  const built = await build(
    input,
    {
      platform: 'neutral',
      resolve: { conditionNames: ['module'], mainFields: ['module', 'main'] },
      plugins: [sourcesPlugin(input), closedPlugin(builtins, importers, builtinImporters)],
    },
    { format: 'iife', name: '__headrace', exports: 'default' },
  );
  const used = new Set(
    [...built.text.matchAll(new RegExp(`${ABSENT_CALL}\\("([^"]*)"\\)`, 'g'))].map(
      (match) => match[1] ?? '',
    ),
  );
  return {
    ...built,
    absent: [...used].map((name) => ({ name, importer: importers.get(name) ?? '' })),
    builtinImporters,
  };
}

async function build(
  input: BuildInput,
  options: InputOptions,
  output: OutputOptions,
): Promise<Built> {
  let failure: HeadraceError | undefined;
  const onFailure = (error: unknown): void => {
    if (error instanceof HeadraceError) failure ??= error;
  };
  try {
    const bundle = await rolldown({
      ...options,
      plugins: [options.plugins, decoratorsPlugin(input, onFailure), filesPlugin(input, onFailure)],
      input: ENTRY,
      cwd: input.root,
      logLevel: 'silent',
      transform: { target: TARGET },
      treeshake: { moduleSideEffects: sideEffectRules(input.effects) },
      experimental: { attachDebugInfo: 'none' },
    });
    try {
      const { output: chunks } = await bundle.generate({
        ...output,
        codeSplitting: false,
        comments: false,
        minify: false,
        // The text does not refer to it.
        sourcemap: 'hidden',
        sourcemapPathTransform: (source, map) => resolve(dirname(map), source),
      });
      return describeChunk(chunks[0], input.texts);
    } finally {
      await bundle.close();
    }
  } catch (error) {
    throw failure ?? new BundleFailedError(input.label, reasonOf(error), error);
  }
}

/**
 * JSON files, and files whose path has a `?`, which rolldown would take for the start of a query.
 *
 * @param onFailure receives the errors that the user reads as they are
 */
function filesPlugin({ place }: BuildInput, onFailure: (error: unknown) => void): Plugin {
  return {
    name: 'headrace-files',
    resolveId: {
      filter: { id: /^(?:\/|[a-zA-Z]:[\\/]).*\?/ },
      handler: (id) => (existsSync(id) ? { id, external: false } : undefined),
    },
    load: {
      filter: { id: [/\.json$/, /\?/] },
      handler: (id) => {
        if (!isAbsolute(id) || !existsSync(id)) return undefined;
        if (!id.endsWith('.json')) return readFileSync(id, 'utf8');
        try {
          return { code: readJsonFile(id, place(id)), moduleType: 'json' };
        } catch (error) {
          onFailure(error);
          throw error;
        }
      },
    },
  };
}

/** @param onFailure receives the errors that the user reads as they are */
function decoratorsPlugin(
  { texts, place }: BuildInput,
  onFailure: (error: unknown) => void,
): Plugin {
  return {
    name: 'headrace-decorators',
    transform: {
      filter: { code: /@|\baccessor\b/ },
      handler: async (code, file) => {
        const printed = texts.get(file);
        if (printed === undefined) return undefined;
        try {
          return await lowerDecorators(code, { file, id: place(file), language: printed.language });
        } catch (error) {
          onFailure(error);
          throw error;
        }
      },
    },
  };
}

/**
 * `no-external`, but for what is imported for its effects: a package of which nothing is used is no
 * part of the code.
 */
function sideEffectRules(
  effects: readonly string[],
): 'no-external' | { test?: RegExp; external: boolean; sideEffects: boolean }[] {
  if (effects.length === 0) return 'no-external';
  const rules = effects.map((specifier) => ({
    test: new RegExp(`^${specifier.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`),
    external: true,
    sideEffects: true,
  }));
  return [...rules, { external: true, sideEffects: false }];
}

function describeChunk(chunk: OutputChunk, texts: BuildInput['texts']): Built {
  const modules = Object.entries(chunk.modules)
    .filter(([id, module]) => !id.startsWith('\0') && module.renderedLength > 0)
    .map(([id, module]) => ({ file: id, bytes: module.renderedLength }));
  return {
    text: chunk.code,
    modules,
    sourceMap: {
      sources: chunk.map?.sources ?? [],
      mappings: chunk.map?.mappings ?? '',
      modules: texts,
    },
  };
}

/**
 * Headrace for a file that was not parsed, of a package that does not depend on Headrace: an error
 * about a declaration in it names the place.
 */
function unseenSdk(sdk: string, place: string): string {
  const from = JSON.stringify(sdk);
  return `export * from ${from};
import { component as declareComponent, pipeline as declarePipeline, PipelineDecorator as Decorator } from ${from};
const unseen = { unseen: ${JSON.stringify(place)} };
export const component = (options, fn) => declareComponent(options, fn, unseen);
export const pipeline = (options, fn) => declarePipeline(options, fn, unseen);
export const PipelineDecorator = { ...Decorator, component, pipeline };
`;
}

/** Serves the entry and the texts of the selection. Other files are read from disk. */
function sourcesPlugin({ entry, texts, sdk, place }: BuildInput): Plugin {
  return {
    name: 'headrace-sources',
    resolveId: {
      filter: { id: /^\0headrace-entry$|^headrace(?:\/.*)?$/ },
      handler: (id, importer) => {
        if (id === ENTRY) return ENTRY;
        const isUnseen =
          importer !== undefined &&
          importer !== ENTRY &&
          !importer.startsWith(UNSEEN_PREFIX) &&
          !texts.has(importer);
        return { id: isUnseen ? `${UNSEEN_PREFIX}${importer}` : sdk, external: false };
      },
    },
    load: {
      filter: { id: [/^\0headrace-entry$/, /^\0headrace-unseen:/, /\.[cm]?[jt]sx?$/] },
      handler: (id) => {
        if (id === ENTRY) return { code: entry, moduleType: 'js' };
        if (id.startsWith(UNSEEN_PREFIX))
          return { code: unseenSdk(sdk, place(id.slice(UNSEEN_PREFIX.length))), moduleType: 'js' };
        const source = texts.get(id);
        return source === undefined
          ? undefined
          : { code: source.text, moduleType: source.language };
      },
    },
  };
}

/**
 * Leaves out builtins and native addons. A `require` of one throws when it runs, so that a package
 * can catch the error and continue without it.
 */
function closedPlugin(
  builtins: ReadonlyMap<string, string>,
  importers: Map<string, string>,
  builtinImporters: Set<string>,
): Plugin {
  return {
    name: 'headrace-closed',
    resolveId: {
      filter: { id: [BUILTIN, NATIVE] },
      handler: (id, importer, { kind }) => {
        const name = id.replace(/^node:/, '');
        const allowed = builtins.get(name);
        if (allowed !== undefined) return { id: allowed };
        if (importer !== undefined) builtinImporters.add(importer);
        if (importer !== undefined && kind !== 'require-call') importers.set(name, importer);
        return {
          id: `${ABSENT_PREFIX}${kind === 'require-call' ? 'required' : 'imported'}:${name}`,
          moduleSideEffects: false,
        };
      },
    },
    load: {
      filter: { id: /^\0headrace-absent:/ },
      handler: (id) => {
        const [kind = '', ...rest] = id.slice(ABSENT_PREFIX.length).split(':');
        const name = JSON.stringify(rest.join(':'));
        const message = JSON.stringify(`${rest.join(':')} is not there for a pipeline's logic`);
        return {
          code:
            kind === 'required'
              ? `throw new Error(${message});`
              : `module.exports = ${ABSENT_CALL}(${name});`,
          moduleType: 'js',
        };
      },
    },
  };
}

/** The first message of rolldown, without colours and code frames. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, first = message] = /^Build failed with \d+ errors?:\s*([\s\S]*)$/.exec(message) ?? [];
  return first.split('\n')[0] ?? first;
}
