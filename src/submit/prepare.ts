/**
 * Makes the info of a run from a compiled pipeline and its arguments.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { PipelineCode } from '../model/code.ts';
import { CONTAINER_ONLY_SETTINGS } from '../model/container-settings.ts';
import type { RunId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { PipelineDeclaration } from '../model/options.ts';
import type { EvaluatedBy, NewRun } from '../model/run.ts';
import type { Registry, VersionContent } from '../ports/registry.ts';
import { completeArguments } from './arguments.ts';
import { codeWithChildren } from './children.ts';
import type { CompiledPipeline } from './compile.ts';
import { headraceVersion } from './package-version.ts';
import { newRunId } from './run-id.ts';

/**
 * The changes of the replay's behaviour since the first version. A run continues with the flags
 * with which it started.
 */
const REPLAY_FLAGS: readonly string[] = [];

export interface RunOptions {
  /** By parameter name, checked: see `parseArguments` and `bindArguments`. */
  readonly args: JsonObject;
  /** Tags in addition to those of the declaration. */
  readonly tags?: readonly string[] | undefined;
  readonly noCache: boolean;
  /** The program's queue, for a source without one. */
  readonly defaultQueue?: string | null | undefined;
  readonly evaluatedBy?: EvaluatedBy | undefined;
  /** Who starts the run. */
  readonly createdBy?: string | undefined;
  readonly id?: RunId;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** A recorded version of a pipeline. */
export interface StoredVersion {
  readonly version: string;
  readonly content: VersionContent;
}

/** A request for a run of a stored version. */
export interface NewRunRequest extends Omit<RunOptions, 'id' | 'now'> {
  readonly id: RunId;
}

/**
 * Returns the info of a requested run. The arguments are checked and completed.
 *
 * @throws HeadraceError with the invalid `argument`, and the `path` inside it
 */
export function requestedRun(
  version: StoredVersion,
  { args, ...options }: NewRunRequest,
  now: number,
): NewRun {
  const { signature } = version.content.code;
  return newRunOf(version, { ...options, args: completeArguments(args, signature), now });
}

/** Returns the info of a run of the version. */
export function newRunOf(
  { version, content }: StoredVersion,
  {
    args,
    tags = [],
    noCache,
    defaultQueue,
    evaluatedBy,
    createdBy,
    id,
    now = Date.now(),
  }: RunOptions,
): NewRun {
  const { code } = content;
  const declaration = withTags(content.declaration, tags);
  return {
    id: id ?? newRunId(now),
    pipeline: declaration.name,
    project: declaration.project,
    version,
    declaration,
    code,
    args,
    seed: randomUUID(),
    flags: { sdk: headraceVersion(), flags: REPLAY_FLAGS },
    createdAt: now,
    clockStart: now,
    noCache,
    rerunOf: null,
    defaultQueue: declaration.defaultQueue ?? content.defaultQueue ?? defaultQueue ?? 'default',
    ...(evaluatedBy === undefined ? {} : { evaluatedBy }),
    ...(createdBy === undefined ? {} : { createdBy }),
  };
}

/** The declaration of a run that has these tags in addition. */
export const withTags = (
  declaration: PipelineDeclaration,
  tags: readonly string[],
): PipelineDeclaration => ({
  ...declaration,
  tags: [...new Set([...declaration.tags, ...tags])],
});

/**
 * Registers the version and returns the info of the run. Only the version is stored afterwards.
 *
 * @throws VersionTakenError if `autoVersionBump` is off and the version has other code
 */
export async function prepareRun(
  compiled: CompiledPipeline,
  options: RunOptions,
  registry: Pick<Registry, 'register'>,
): Promise<NewRun> {
  const now = options.now ?? Date.now();
  const version = await registerCode(compiled, registry, now);
  return newRunOf(version, { ...options, now });
}

/**
 * Registers the pipelines that it calls, then the version itself.
 *
 * @throws VersionTakenError if `autoVersionBump` is off and a version has other code
 */
export async function registerCode(
  compiled: CompiledCode,
  registry: Pick<Registry, 'register'>,
  now: number,
): Promise<StoredVersion> {
  const register = async (
    { declaration, defaultQueue }: Pick<CompiledCode, 'declaration' | 'defaultQueue'>,
    code: PipelineCode,
  ): Promise<StoredVersion> => {
    const { name, project } = declaration;
    const content = { code, declaration, defaultQueue, createdAt: now };
    const version = await registry.register(
      { project, name },
      declaration.version,
      code.hash,
      declaration.autoVersionBump,
      content,
    );
    return { version, content };
  };
  const code = await codeWithChildren(
    compiled,
    async (child, childCode) => (await register(child, childCode)).version,
  );
  return await register(compiled, code);
}

type CompiledCode = Pick<CompiledPipeline, 'code' | 'declaration' | 'defaultQueue'> &
  Partial<Pick<CompiledPipeline, 'children'>>;

/**
 * A line that names the options which have an effect only in containers; undefined if the pipeline
 * has none.
 */
export function containerNote({
  declaration,
  components,
}: Pick<CompiledPipeline, 'declaration' | 'components'>): string | undefined {
  const used = CONTAINER_ONLY_SETTINGS.filter((option) =>
    [declaration, ...components].some((each) => each[option] !== undefined),
  );
  if (used.length === 0) return undefined;
  return `note: ${used.join(', ')} ${used.length === 1 ? 'is' : 'are'} recorded, but in local mode each step runs in a subprocess with the project's own packages`;
}
