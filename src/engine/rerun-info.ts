/**
 * The info of a rerun's new run: the arguments of the source run, with its code or with new code.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { withOwnArguments } from '../controller/run/own-arguments.ts';
import type { PipelineCode } from '../model/code.ts';
import type { RunId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { PipelineDeclaration } from '../model/options.ts';
import type { NewRun, RunInfo } from '../model/run.ts';
import type { Registry, VersionContent } from '../ports/registry.ts';
import { completeArguments } from '../submit/arguments.ts';
import { encodedNames, keptEncodedArgs } from '../submit/child-arguments.ts';
import type { CompiledPipeline } from '../submit/compile.ts';
import { registerCode, withTags } from '../submit/prepare.ts';
import { newRunId } from '../submit/run-id.ts';

/** Code that was built from the current source. */
export interface NewCode {
  readonly code: PipelineCode;
  readonly declaration: PipelineDeclaration;
  readonly defaultQueue: string | null;
  /** Bundles by their key in the object store. */
  readonly texts: ReadonlyMap<string, string>;
  /** The pipelines that its logic calls. */
  readonly children: CompiledPipeline['children'];
}

type NewContent = Pick<VersionContent, 'code' | 'declaration'>;

/** What a rerun has instead of the source run's. */
export interface RerunChanges {
  /** All arguments, checked. Absent: those of the source run. */
  readonly args?: JsonObject | undefined;
  /** Tags in addition to those with which the source run started. */
  readonly tags?: readonly string[] | undefined;
  /** Absent: as the source run. */
  readonly noCache?: boolean | undefined;
  /** Who requests the rerun. */
  readonly createdBy?: string | undefined;
}

export interface RerunOptions extends RerunChanges {
  /** The first step that runs again; null: all completed calls are adopted; absent: none. */
  readonly from?: string | null | undefined;
  readonly code?: NewCode | undefined;
}

/**
 * Returns the info of a rerun of `info`, with the code of `newVersion` if it is given. Other code
 * and other arguments get a seed and a clock of their own: the history of `info` does not apply to
 * them.
 */
export function rerunInfo(
  info: RunInfo,
  newVersion: { readonly version: string; readonly content: NewContent } | undefined,
  now: number,
  id = newRunId(now),
  { args, tags = [], noCache, createdBy }: RerunChanges = {},
): NewRun {
  // A user's rerun of a child run is no child run.
  const { number: _, rerunFrom: __, parent: ___, createdBy: ____, evaluatedBy, ...rest } = info;
  const own = withOwnArguments(rest, id);
  // A rerun has no caller that evaluates its logic, so only evaluation by a job is inherited.
  const base = {
    ...own,
    ...(evaluatedBy === 'job' ? { evaluatedBy } : {}),
    ...(createdBy === undefined ? {} : { createdBy }),
    id,
    createdAt: now,
    rerunOf: info.id,
    declaration: withTags(info.declaration, tags),
    noCache: noCache ?? info.noCache,
    ...(args === undefined
      ? {}
      : {
          args,
          encodedArgs: keptEncodedArgs(own, args),
          seed: randomUUID(),
          clockStart: now,
        }),
  };
  if (newVersion === undefined) return base;
  const { code, declaration } = newVersion.content;
  return {
    ...base,
    code,
    declaration: withTags(declaration, tags),
    version: newVersion.version,
    pipeline: declaration.name,
    project: declaration.project,
    seed: randomUUID(),
    clockStart: now,
  };
}

/**
 * Returns the info of a requested rerun of `source`. `args` replace single arguments of `source`;
 * the code, that of `version` if it is given, must accept the arguments. With `from`, the finished calls before that step are adopted, with
 * `keepCompleted` all completed calls.
 *
 * @throws HeadraceError with the invalid `argument`
 */
export function requestedRerun(
  source: RunInfo,
  {
    id,
    from,
    keepCompleted,
    version,
    args,
    ...changes
  }: {
    readonly id: RunId;
    readonly from: string | null;
    readonly keepCompleted: boolean;
    readonly version: { readonly version: string; readonly content: VersionContent } | null;
  } & RerunChanges,
  now: number,
): NewRun {
  const { signature } = (version?.content ?? source).code;
  const changedArgs =
    args === undefined
      ? undefined
      : completeArguments(
          { ...source.args, ...args },
          signature,
          encodedNames(source).filter((name) => args[name] === undefined),
        );
  if (version !== null && args === undefined)
    completeArguments(source.args, signature, encodedNames(source));
  return {
    ...rerunInfo(source, version ?? undefined, now, id, { ...changes, args: changedArgs }),
    ...(from === null && !keepCompleted
      ? {}
      : { rerunFrom: { step: from, sameCode: version === null && args === undefined } }),
  };
}

/** Registers the new code, if there is any, and returns the info of the rerun. */
export async function prepareRerunInfo(
  info: RunInfo,
  newCode: NewCode | undefined,
  registry: Pick<Registry, 'register'>,
  now: number,
  changes: RerunChanges = {},
): Promise<NewRun> {
  if (newCode === undefined) return rerunInfo(info, undefined, now, newRunId(now), changes);
  const version = await registerCode(newCode, registry, now);
  return rerunInfo(info, version, now, newRunId(now), changes);
}
