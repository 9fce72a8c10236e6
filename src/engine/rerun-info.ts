/**
 * The info of a rerun's new run: the arguments of the source run, with its code or with new code.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { PipelineCode } from '../model/code.ts';
import type { PipelineDeclaration } from '../model/options.ts';
import type { RunInfo } from '../model/run.ts';
import type { Registry, VersionContent } from '../ports/registry.ts';
import { newRunId } from '../submit/run-id.ts';

/** Code that was built from the current source. */
export interface NewCode {
  readonly code: PipelineCode;
  readonly declaration: PipelineDeclaration;
  /** Bundles by their key in the object store. */
  readonly texts: ReadonlyMap<string, string>;
}

type RerunInfo = Omit<RunInfo, 'number'>;
type NewContent = Pick<VersionContent, 'code' | 'declaration'>;

/** Returns the info of a rerun of `info`, with the code of `newVersion` if it is given. */
export function rerunInfo(
  info: RunInfo,
  newVersion: { readonly version: string; readonly content: NewContent } | undefined,
  now: number,
  id = newRunId(now),
): RerunInfo {
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

/** Registers the new code, if there is any, and returns the info of the rerun. */
export async function prepareRerunInfo(
  info: RunInfo,
  newCode: NewCode | undefined,
  registry: Pick<Registry, 'register'>,
  now: number,
): Promise<RerunInfo> {
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
