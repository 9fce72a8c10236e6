/**
 * The info of a rerun's new run: the arguments of the source run, with its code or with new code.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { PipelineCode } from '../model/code.ts';
import type { RunId } from '../model/ids.ts';
import type { PipelineDeclaration } from '../model/options.ts';
import type { NewRun, RunInfo } from '../model/run.ts';
import type { Registry, VersionContent } from '../ports/registry.ts';
import { completeArguments } from '../submit/arguments.ts';
import { newRunId } from '../submit/run-id.ts';

/** Code that was built from the current source. */
export interface NewCode {
  readonly code: PipelineCode;
  readonly declaration: PipelineDeclaration;
  /** Bundles by their key in the object store. */
  readonly texts: ReadonlyMap<string, string>;
}

type NewContent = Pick<VersionContent, 'code' | 'declaration'>;

/** Returns the info of a rerun of `info`, with the code of `newVersion` if it is given. */
export function rerunInfo(
  info: RunInfo,
  newVersion: { readonly version: string; readonly content: NewContent } | undefined,
  now: number,
  id = newRunId(now),
): NewRun {
  const { number: _, rerunFrom: __, evaluatedBy, ...rest } = info;
  // A rerun has no caller that evaluates its logic, so only evaluation by a job is inherited.
  const base = {
    ...rest,
    ...(evaluatedBy === 'job' ? { evaluatedBy } : {}),
    id,
    createdAt: now,
    rerunOf: info.id,
  };
  if (newVersion === undefined) return base;
  const { code, declaration } = newVersion.content;
  return {
    ...base,
    code,
    declaration,
    version: newVersion.version,
    pipeline: declaration.name,
    project: declaration.project,
    seed: randomUUID(),
    clockStart: now,
  };
}

/**
 * Returns the info of a requested rerun of `source`. With `version`, its code must accept the
 * arguments of `source`. With `from`, the finished calls before that step are adopted, with
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
  }: {
    readonly id: RunId;
    readonly from: string | null;
    readonly keepCompleted: boolean;
    readonly version: { readonly version: string; readonly content: VersionContent } | null;
  },
  now: number,
): NewRun {
  if (version !== null) completeArguments(source.args, version.content.code.signature);
  return {
    ...rerunInfo(source, version ?? undefined, now, id),
    ...(from === null && !keepCompleted
      ? {}
      : { rerunFrom: { step: from, sameCode: version === null } }),
  };
}

/** Registers the new code, if there is any, and returns the info of the rerun. */
export async function prepareRerunInfo(
  info: RunInfo,
  newCode: NewCode | undefined,
  registry: Pick<Registry, 'register'>,
  now: number,
): Promise<NewRun> {
  if (newCode === undefined) return rerunInfo(info, undefined, now);
  const { code, declaration } = newCode;
  const pipeline = { project: declaration.project, name: declaration.name };
  const version = await registry.register(
    pipeline,
    declaration.version,
    code.hash,
    declaration.autoVersionBump,
  );
  return rerunInfo(info, { version, content: newCode }, now);
}
