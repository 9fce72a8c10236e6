/**
 * The bundle of a pipeline's logic: the pipeline's function with the replay SDK, and without the
 * functions of components.
 *
 * @module
 */
import { type BuildInput, type BuiltLogic, buildLogic } from './build.ts';
import type { Declaration } from './declarations.ts';
import {
  BuiltinInLogicError,
  BundleFailedError,
  NativeInLogicError,
  TopLevelAwaitError,
  UnbundlableError,
} from './errors.ts';
import { isChildStub } from './omitted-ranges.ts';
import { type PrintContext, printModules, ROOT } from './print.ts';
import { packageNameOf } from './resolver.ts';
import { builtinFiles, type SdkFiles } from './sdk-files.ts';
import { type Analysis, Selection, type SelectionOptions } from './selection.ts';
import { serializerProperties, serializerUnit } from './serializers.ts';
import { traced } from './traced-text.ts';

export interface LogicBundle {
  /**
   * The components that the logic may call, as far as the source shows. The bundled text decides.
   */
  readonly components: readonly Declaration[];
  /** The pipelines that the logic may call. */
  readonly children: readonly Declaration[];
  readonly bundle: Promise<{
    readonly built: BuiltLogic;
    readonly selection: Selection;
    readonly packages: [];
  }>;
}

/** @throws UnbundlableError synchronously, if the project's own source cannot be bundled */
export function bundleLogic(analysis: Analysis, pipeline: Declaration, sdk: SdkFiles): LogicBundle {
  const label = `the logic of pipeline ${JSON.stringify(pipeline.name)}`;
  const builtins = builtinFiles(sdk);
  const options: SelectionOptions = {
    flavour: 'logic',
    bundle: label,
    pipeline: pipeline.name,
    builtins,
    withoutDeserializer: new Map(),
    logicOf: pipeline,
  };
  const withoutDeserializer = brokenDeserializer(analysis, pipeline, options);
  const selection = new Selection(analysis, { ...options, withoutDeserializer });
  const { entry } = analysis.project;
  // The requested file may set the default queue, even if another file declares the pipeline.
  selection.includeModule(entry);
  const [local, ...path] = pipeline.accessPath ?? [''];
  selection.includeLocal(pipeline.module, local);

  const printing: PrintContext = {
    analysis,
    selection,
    flavour: 'logic',
    sdk: sdk.replay,
    builtins,
    rewrite: { withoutDeserializer, logicOf: pipeline },
  };
  const value = [local, ...path.map((key) => `[${JSON.stringify(key)}]`)].join('');
  const root =
    path.length === 0
      ? `export { ${local} as ${ROOT} };`
      : `const ${ROOT}_pipeline = ${value};\nexport { ${ROOT}_pipeline as ${ROOT} };`;
  const components: Declaration[] = [];
  const children: Declaration[] = [];
  for (const [module, chosen] of selection.modules) {
    const { blanked } = analysis.launches.of(module);
    for (const each of analysis.declarations.of(module)) {
      if ((!module.opaque && !chosen.units.has(each.unit)) || blanked.has(each.unit)) continue;
      if (each.kind === 'component') components.push(each);
      else if (isChildStub(each, pipeline)) children.push(each);
    }
  }
  const lines = [
    `import { boot } from ${JSON.stringify(sdk.replay)};`,
    `import ${JSON.stringify(entry.file)};`,
    `import { ${ROOT} as pipeline } from ${JSON.stringify(pipeline.module.file)};`,
    'export default boot(pipeline);',
  ];
  const inputFor = (omittedEffects: ReadonlySet<string>): BuildInput => {
    const texts = printModules(
      { ...printing, omittedEffects },
      new Map([[pipeline.module, traced`${root}`]]),
    );
    const [first = '', ...others] = lines;
    // After the SDK, before the user's code.
    const globals = globalsMentioned(texts, builtins).map(
      (file) => `import ${JSON.stringify(file)};`,
    );
    return {
      label,
      root: analysis.project.root,
      entry: [first, ...globals, ...others].join('\n'),
      texts,
      sdk: sdk.replay,
      place: (file) => analysis.project.place(file),
      effects: [],
    };
  };
  components.sort((a, b) => (a.id < b.id ? -1 : 1));
  children.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { components, children, bundle: build(analysis, pipeline, selection, inputFor, builtins) };
}

/**
 * The files that define the globals that the project's code mentions: `global-URL-URLSearchParams`
 * defines two. A needless file only costs size.
 */
function globalsMentioned(
  texts: BuildInput['texts'],
  builtins: ReadonlyMap<string, string>,
): string[] {
  const [...printed] = texts.values();
  const files: string[] = [];
  for (const [name, file] of builtins) {
    const [kind, ...globals] = name.split('-');
    if (kind !== 'global') continue;
    const mention = new RegExp(`\\b(?:${globals.join('|')})\\b`);
    if (printed.some(({ text }) => mention.test(text))) files.push(file);
  }
  return files.sort();
}

async function build(
  analysis: Analysis,
  pipeline: Declaration,
  selection: Selection,
  inputFor: (omittedEffects: ReadonlySet<string>) => BuildInput,
  builtins: ReadonlyMap<string, string>,
): LogicBundle['bundle'] {
  let built = await attempt(inputFor(new Set()), builtins);
  // A package imported for its side effects on the environment (such as `dotenv/config`) has none
  // in the logic.
  const packagesWithBuiltins = new Set([...built.builtinImporters].map(packageOf));
  const unusableEffects = new Set(
    [...selection.effects].filter((specifier) =>
      packagesWithBuiltins.has(packageNameOf(specifier)),
    ),
  );
  if (unusableEffects.size > 0) built = await attempt(inputFor(unusableEffects), builtins);
  const [absent] = built.absent;
  if (absent !== undefined) {
    if (absent.name.endsWith('.node')) throw new NativeInLogicError(absent.name, pipeline.name);
    throw new BuiltinInLogicError(
      absent.name,
      importerLabel(analysis, selection, absent.importer),
      pipeline.name,
    );
  }
  return { built, selection, packages: [] };
}

async function attempt(
  input: BuildInput,
  builtins: ReadonlyMap<string, string>,
): Promise<BuiltLogic> {
  try {
    return await buildLogic(input, builtins);
  } catch (error) {
    if (error instanceof BundleFailedError && /top-level await/i.test(error.message))
      throw new TopLevelAwaitError('a package', input.label);
    throw error;
  }
}

/** The package that an installed file belongs to. */
const packageOf = (file: string): string =>
  packageNameOf((file.split(/[\\/]node_modules[\\/]/).at(-1) ?? '').replaceAll('\\', '/'));

/** `src/main.ts (by way of the package csv)`. */
function importerLabel({ project }: Analysis, selection: Selection, importer: string): string {
  const name = packageOf(importer);
  for (const [specifier, importers] of selection.packages) {
    const [first] = importers.keys();
    if (packageNameOf(specifier) === name && first !== undefined)
      return `${first.id} (by way of the package ${name})`;
  }
  return importer === '' ? project.entry.id : `${project.entry.id} (by way of the package ${name})`;
}

/**
 * Replaces a deserializer that needs a module that the logic lacks. The error is thrown only when
 * the logic awaits a value of its kind.
 */
function brokenDeserializer(
  analysis: Analysis,
  pipeline: Declaration,
  options: SelectionOptions,
): ReadonlyMap<Declaration, string> {
  const deserializer = serializerProperties(pipeline).find(
    ({ key }) => key === 'artifactDeserializer',
  );
  if (deserializer === undefined) return new Map();
  try {
    new Selection(analysis, options).includeRange(
      pipeline.module,
      serializerUnit(pipeline, deserializer),
      deserializer.property,
    );
    return new Map();
  } catch (error) {
    if (!(error instanceof UnbundlableError)) throw error;
    return new Map([
      [
        pipeline,
        `the pipeline's artifactDeserializer cannot run in its logic, so values that it would make are for components: ${error.message}`,
      ],
    ]);
  }
}
