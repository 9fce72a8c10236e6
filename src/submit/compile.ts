/**
 * Compiles a source file to a pipeline that can be started: bundles it, reads its declarations, and
 * checks that they agree.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { bundlePipeline, type CalledPipeline, type ModuleShare } from '../bundle/index.ts';
import { describeLogic, type LogicDescription } from '../evaluator/describe-logic.ts';
import { requireSameProject } from '../model/child-pipeline.ts';
import { codeIdentity, type PipelineCode } from '../model/code.ts';
import { HeadraceError } from '../model/errors.ts';
import { codeKey, SOURCE_MAPS_EXTENSION } from '../model/object-layout.ts';
import type { ComponentDeclaration, PipelineDeclaration } from '../model/options.ts';
import { withPipelineDefaults } from '../model/pipeline-defaults.ts';
import { withRepository } from '../model/repository.ts';
import { checkArgsMap } from './arguments.ts';
import { withChildInputs, withChildPatterns } from './child-inputs.ts';
import { checkEnvironments } from './environment.ts';
import { ChildCycleError, ComponentNameClashError, InvalidSourceError } from './errors.ts';
import { packageNotes } from './installed-versions.ts';
import { requireNodeModules } from './node-modules.ts';
import { withDeclaredPackages } from './packages.ts';
import { type LocalRepository, resolveRepositories } from './repositories.ts';
import { sdkFiles } from './sdk-files.ts';

export interface CompiledPipeline {
  readonly code: PipelineCode;
  /** Bundles and the document of source maps, by their key in the store. */
  readonly texts: ReadonlyMap<string, string>;
  /** The modules in each bundle, by the id of the component, or of the pipeline for its logic. */
  readonly modules: ReadonlyMap<string, readonly ModuleShare[]>;
  readonly declaration: PipelineDeclaration;
  readonly components: readonly ComponentDeclaration[];
  /** The local checkouts that the options `repo` name. */
  readonly repositories: readonly LocalRepository[];
  /** Differences of the packages and of what the project has installed, a line each. */
  readonly packageNotes: readonly string[];
  /** The queue of the file's `PipelineDecorator.setDefaultExecutionQueue`. */
  readonly defaultQueue: string | null;
  /** The pipelines that the logic calls, by the id with which it names them. */
  readonly children: readonly CompiledChild[];
}

export interface CompiledChild {
  readonly id: string;
  readonly compiled: CompiledPipeline;
}

/** A pipeline whose logic calls, directly or not, the one that is compiled. */
interface Caller {
  readonly id: string;
  readonly name: string;
}

/**
 * @param source `pipeline` is needed where the file has several: an export's name, or a pipeline's.
 * @throws HeadraceError if the file or a declaration is invalid
 */
export const compile = async (source: {
  readonly file: string;
  readonly pipeline?: string | undefined;
}): Promise<CompiledPipeline> => {
  requireNodeModules();
  return await compileCalled(source, []);
};

async function compileCalled(
  source: { readonly file: string; readonly pipeline?: string | undefined },
  callers: readonly Caller[],
): Promise<CompiledPipeline> {
  const {
    code: bundled,
    texts,
    sourceMaps,
    modules,
    children: called,
  } = await bundlePipeline({ ...source, sdk: sdkFiles() });
  const description = await describeLogicOf(
    source.file,
    texts.get(bundled.logic.key) ?? '',
    bundled.projectRoot,
  );
  const components = description.components.map((component) =>
    withPipelineDefaults(component, description.pipeline),
  );
  const {
    code: resolved,
    repositories,
    patches,
  } = await resolveRepositories(
    withDeclaredPackages(bundled, components, bundled.projectRoot),
    components,
    bundled.projectRoot,
  );
  const children: CompiledChild[] = [];
  for (const child of called)
    children.push(
      await compileChild(child, description.pipeline, [
        ...callers,
        { id: bundled.id, name: description.pipeline.name },
      ]),
    );
  const code = withChildInputs(withIdentity(resolved, children), children);
  checkArgsMap(description.pipeline.name, code.signature, description.pipeline.argsMap);
  checkNames(components, code);
  return {
    code,
    texts: new Map([
      ...children.flatMap(({ compiled }) => [...compiled.texts]),
      ...withSourceMaps(texts, code.sourceMaps, sourceMaps),
      ...patches,
    ]),
    modules,
    declaration: withChildPatterns(description.pipeline, children),
    components: components.map((component) =>
      withRepository(component, code.components.find(({ id }) => id === component.id)?.repository),
    ),
    repositories,
    packageNotes: packageNotes(bundled, components, bundled.projectRoot),
    defaultQueue: description.defaultQueue,
    children,
  };
}

/** @throws ChildCycleError, ChildProjectError */
async function compileChild(
  { id, ...source }: CalledPipeline,
  parent: PipelineDeclaration,
  callers: readonly Caller[],
): Promise<CompiledChild> {
  const first = callers.findIndex((caller) => caller.id === id);
  if (first >= 0) throw new ChildCycleError(callers.slice(first).map(({ name }) => name));
  const compiled = await compileCalled(source, callers);
  requireSameProject(compiled.declaration, { declaration: parent });
  return { id, compiled };
}

const withIdentity = (code: PipelineCode, children: readonly CompiledChild[]): PipelineCode => ({
  ...code,
  hash: createHash('sha256')
    .update(
      codeIdentity({
        ...code,
        children: children.map(({ id, compiled }) => ({ id, codeHash: compiled.code.hash })),
      }),
    )
    .digest('hex'),
});

function withSourceMaps(
  texts: ReadonlyMap<string, string>,
  ref: PipelineCode['sourceMaps'],
  document: string,
): ReadonlyMap<string, string> {
  return ref === undefined
    ? texts
    : new Map([...texts, [codeKey(ref.hash, SOURCE_MAPS_EXTENSION), document]]);
}

/** Reads the declarations of the logic's code. @throws InvalidSourceError */
async function describeLogicOf(
  file: string,
  logic: string,
  root: string,
): Promise<LogicDescription> {
  try {
    const description = await describeLogic(logic);
    checkEnvironments(
      description.pipeline,
      description.components.map((each) => withPipelineDefaults(each, description.pipeline)),
      root,
    );
    return description;
  } catch (error) {
    throw error instanceof HeadraceError ? new InvalidSourceError(file, error) : error;
  }
}

/** Steps are identified by the names of their components, so a name belongs to one component. */
function checkNames(components: readonly ComponentDeclaration[], code: PipelineCode): void {
  const seen = new Map<string, ComponentDeclaration>();
  const identity = ({ id, ...declaration }: ComponentDeclaration) =>
    JSON.stringify([
      declaration,
      code.components.find((component) => component.id === id)?.bundle.hash,
    ]);
  for (const component of components) {
    const other = seen.get(component.name);
    if (other !== undefined && identity(other) !== identity(component))
      throw new ComponentNameClashError(component.name, other.id, component.id);
    seen.set(component.name, component);
  }
}
