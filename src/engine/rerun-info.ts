/**
 * What a rerun's new run is: the old one's arguments, with its code or the source as it is now.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { PipelineCode } from '../model/code.ts';
import type { PipelineDeclaration } from '../model/options.ts';
import type { RunInfo } from '../model/run.ts';
import type { Registry, VersionContent } from '../ports/registry.ts';
import { newRunId } from '../submit/run-id.ts';

/** The source as it is now. */
export interface NewCode {
  readonly code: PipelineCode;
  readonly declaration: PipelineDeclaration;
  /** Bundles by their key in the store. */
  readonly texts: ReadonlyMap<string, string>;
}

type RerunInfo = Omit<RunInfo, 'number'>;

/** The rerun of `info`: with `fresh`, of that version; else of its own. */
export function rerunInfo(
  info: RunInfo,
  newVersion: { readonly version: string; readonly content: NewContent } | undefined,
  now: number,
  id = newRunId(now),
): RerunInfo {
  const { number: _, rerunFrom: __, evaluatedBy, ...rest } = info;
  // Nobody waits to evaluate what is made later of a run that its caller evaluated.
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

type NewContent = Pick<VersionContent, 'code' | 'declaration'>;

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
