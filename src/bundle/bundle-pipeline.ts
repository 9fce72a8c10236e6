/**
 * Bundles a pipeline's source: its logic, each of its components, and its serializers.
 *
 * 1. A component's bundle holds exactly the code that its function can reach, so its hash changes
 *    exactly when that code changes.
 * 2. Only the components that the logic's bundle still mentions are bundled.
 * 3. Equal sources give equal bundles, independent of the project's folder.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type Bundle, type ComponentCode, codeIdentity, type PipelineCode } from '../model/code.ts';
import { codeKey } from '../model/object-layout.ts';
import { unwrapExpression } from './ast.ts';
import { type Built, buildStep } from './build.ts';
import { builtInComponentsOf } from './built-in-components.ts';
import { bundleLogic } from './bundle-logic.ts';
import { bundleSerializers, serializerPart } from './bundle-serializers.ts';
import type { Declaration } from './declarations.ts';
import { DuplicateComponentError } from './errors.ts';
import { externalPackages } from './external-packages.ts';
import { inputAddressesOf, withInputs } from './input-addresses.ts';
import { analyse, choosePipeline } from './pipelines.ts';
import { type PrintContext, printModules, ROOT, rootStatement } from './print.ts';
import type { SdkFiles } from './sdk-files.ts';
import { type Analysis, Selection } from './selection.ts';
import { signatureOf } from './signature.ts';
import { type PrintedMap, sourceMapsOf } from './source-maps.ts';
import { DEFAULT_EXPORT_NAME } from './source-module.ts';
import { joined } from './traced-text.ts';

export interface BundleOptions {
  readonly file: string;
  /**
   * The name of the pipeline's export, function or constant; optional if the file has one
   * pipeline.
   */
  readonly pipeline?: string | undefined;
  readonly sdk: SdkFiles;
}

/**
 * A file of the project (relative to its root) or of a package, and how much of a bundle is from
 * it.
 */
export interface ModuleShare {
  readonly file: string;
  readonly bytes: number;
}

export interface PipelineBundles {
  readonly code: PipelineCode;
  /** The bundles' texts by their keys. */
  readonly texts: ReadonlyMap<string, string>;
  /** The text of the document that `code.sourceMaps` describes. */
  readonly sourceMaps: string;
  /** The modules in each bundle, by the id of the component, or of the pipeline for its logic. */
  readonly modules: ReadonlyMap<string, readonly ModuleShare[]>;
  /** The other pipelines that the logic calls. */
  readonly children: readonly CalledPipeline[];
}

/** A pipeline that the logic of another one calls. */
export interface CalledPipeline {
  /** The id of its declaration, as the logic names it. */
  readonly id: string;
  /** The absolute path of its file. */
  readonly file: string;
  /** The constant that it initialises; `default` for a default export. */
  readonly pipeline: string;
}

/**
 * @throws SourceNotFoundError, SourceSyntaxError if the source cannot be read
 * @throws NoPipelineError, SeveralPipelinesError, UnknownPipelineError if it is not clear which
 *   pipeline is meant
 * @throws UnbundlableError, and errors of its declarations
 */
export async function bundlePipeline(options: BundleOptions): Promise<PipelineBundles> {
  const analysis = analyse(options.file);
  const { declaration: pipeline } = choosePipeline(analysis, options.pipeline);
  const logic = bundleLogic(analysis, pipeline, options.sdk);
  // All run concurrently. Bundles that the logic does not need are dropped, with their errors.
  const [logicBundle, serializers, ...steps] = await Promise.all([
    logic.bundle,
    bundleSerializers(analysis, pipeline, options.sdk),
    ...logic.components.map(async (component) => ({
      component,
      outcome: await captureOutcome(() =>
        bundleComponent(analysis, pipeline, component, options.sdk),
      ),
    })),
  ]);
  const { built, packages } = logicBundle;
  const texts = new Map<string, string>();
  const modules = new Map([[pipeline.id, moduleShares(analysis, logicBundle)]]);
  const maps = new Map<string, PrintedMap>();
  const store = (
    { text, sourceMap }: Built,
    extension: string,
    externals: Pick<Bundle, 'packages' | 'resolvedImports'>,
  ): Bundle => {
    const bundle = bundleRecord(text, extension, externals);
    texts.set(bundle.key, text);
    maps.set(bundle.hash, sourceMap);
    return bundle;
  };
  const components: { declaration: Declaration; code: ComponentCode }[] = [];
  for (const { component, outcome } of steps) {
    if (!built.text.includes(JSON.stringify(component.id))) continue;
    const step = outcome();
    modules.set(component.id, moduleShares(analysis, step));
    const signature = signatureOf(analysis.declarations.functionOf(component), [
      component.unit.node,
    ]);
    components.push({
      declaration: component,
      code: {
        id: component.id,
        name: component.name,
        signature,
        bundle: store(step.built, 'mjs', step),
      },
    });
  }
  requireUniqueNames(components);
  const addresses = inputAddressesOf(analysis, logicBundle.selection, pipeline);
  const codeFields = {
    id: pipeline.id,
    name: pipeline.name,
    signature: withInputs(
      signatureOf(analysis.declarations.functionOf(pipeline), [pipeline.unit.node]),
      addresses,
    ),
    logic: store(built, 'js', { packages, resolvedImports: {} }),
    components: [...components.map((each) => each.code), ...builtInComponents(built.text, texts)],
    serializers: serializers === null ? null : store(serializers.built, 'mjs', serializers),
  };
  const sourceMaps = JSON.stringify(sourceMapsOf(maps));
  return {
    code: {
      hash: sha256(codeIdentity(codeFields)),
      ...codeFields,
      sourceMaps: { hash: sha256(sourceMaps), size: Buffer.byteLength(sourceMaps) },
      ...(addresses.literals.length === 0 ? {} : { inputs: [...addresses.literals] }),
      projectRoot: analysis.project.root,
    },
    texts,
    sourceMaps,
    modules,
    children: logic.children.flatMap(({ id, module, accessPath }) =>
      built.text.includes(JSON.stringify(id)) && accessPath !== undefined
        ? [{ id, file: module.file, pipeline: exportedName(accessPath[0]) }]
        : [],
    ),
  };
}

const exportedName = (constant: string): string =>
  constant === DEFAULT_EXPORT_NAME ? 'default' : constant;

/** The code of Headrace's own components that the logic calls. */
const builtInComponents = (logic: string, texts: Map<string, string>): readonly ComponentCode[] =>
  builtInComponentsOf(logic).map(({ id, name, signature, bundle: text }) => {
    const bundle = bundleRecord(text, 'mjs', { packages: [], resolvedImports: {} });
    texts.set(bundle.key, text);
    return { id, name, signature, bundle };
  });

async function bundleComponent(
  analysis: Analysis,
  pipeline: Declaration,
  component: Declaration,
  sdk: SdkFiles,
) {
  const label = `component ${JSON.stringify(component.name)}`;
  const { module, unit, fn } = component;
  const withoutDeserializer = new Map<Declaration, string>();
  const selection = new Selection(analysis, {
    flavour: 'step',
    bundle: label,
    pipeline: pipeline.name,
    builtins: new Map(),
    withoutDeserializer,
  });
  selection.includeRange(module, unit, fn);
  const serializers = serializerPart(analysis, pipeline);
  serializers?.includeIn(selection);
  const printing: PrintContext = {
    analysis,
    selection,
    flavour: 'step',
    sdk: sdk.step,
    builtins: new Map(),
    rewrite: { withoutDeserializer },
  };
  const roots = new Map([
    [
      module,
      rootStatement(
        printing,
        module,
        unwrapExpression(fn),
        bundledFunctionName(component, selection),
      ),
    ],
  ]);
  if (serializers !== null)
    roots.set(
      pipeline.module,
      joined(
        [
          ...(pipeline.module === module ? [roots.get(module) ?? ''] : []),
          serializers.root(printing),
        ],
        '\n',
      ),
    );
  const texts = printModules(printing, roots);
  const entry = [
    `export { ${ROOT} as default } from ${JSON.stringify(module.file)};`,
    ...(serializers?.entry ?? []),
  ].join('\n');
  const built = await buildStep({
    label,
    root: analysis.project.root,
    entry,
    texts,
    sdk: sdk.step,
    place: (file) => analysis.project.place(file),
    effects: [...selection.effects],
  });
  return { built, selection, ...externalPackages(analysis.project, selection, built.text, label) };
}

/**
 * The function's name in its bundle, for stack traces: the component's constant, unless the
 * function uses another value of that name.
 */
function bundledFunctionName(component: Declaration, selection: Selection): string {
  const { module, accessPath } = component;
  const chosen = selection.includeModule(module);
  const last = accessPath?.at(-1);
  const constant =
    last === undefined ||
    last === DEFAULT_EXPORT_NAME ||
    !/^[\p{ID_Start}_$][\p{ID_Continue}_$]*$/u.test(last)
      ? 'step'
      : last;
  const unit = module.declarations.get(constant);
  if (unit !== undefined && !chosen.units.has(unit)) return constant;
  let name = `${constant}_step`;
  while (module.text.includes(name)) name += '_';
  return name;
}

function requireUniqueNames(
  components: readonly { readonly declaration: Declaration; readonly code: ComponentCode }[],
): void {
  const first = new Map<
    string,
    { readonly declaration: Declaration; readonly code: ComponentCode }
  >();
  for (const each of components) {
    // The evaluator reads a name that only execution can show.
    if (!each.declaration.nameIsCertain) continue;
    const known = first.get(each.code.name);
    if (known === undefined) first.set(each.code.name, each);
    else if (known.code.bundle.hash !== each.code.bundle.hash)
      throw new DuplicateComponentError(each.code.name, [
        known.declaration.location,
        each.declaration.location,
      ]);
  }
}

function bundleRecord(
  text: string,
  extension: string,
  { packages, resolvedImports }: Pick<Bundle, 'packages' | 'resolvedImports'>,
): Bundle {
  const hash = sha256(text);
  return {
    hash,
    key: codeKey(hash, extension),
    size: Buffer.byteLength(text),
    packages,
    resolvedImports,
  };
}

/** Files of the project and of packages. Headrace's own files are one entry, `headrace`. */
function moduleShares(
  { project }: Analysis,
  { built, selection }: { readonly built: Built; readonly selection: Selection },
): ModuleShare[] {
  const projectFiles = new Set([...selection.modules.keys()].map((module) => module.file));
  const shares = new Map<string, number>();
  for (const { file, bytes } of built.modules) {
    const isUsers =
      projectFiles.has(file) ||
      file.endsWith('.json') ||
      /[\\/]node_modules[\\/]/.test(project.id(file));
    const name = isUsers ? project.id(file) : 'headrace';
    shares.set(name, (shares.get(name) ?? 0) + bytes);
  }
  return [...shares].map(([file, bytes]) => ({ file, bytes }));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The outcome of a promise as a function that returns or throws it. */
async function captureOutcome<T>(make: () => Promise<T>): Promise<() => T> {
  try {
    const value = await make();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
