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

type Repeated = Omit<RunInfo, 'number'>;

/** The rerun of `info`: with `fresh`, of that version; else of its own. */
export function repeated(
  info: RunInfo,
  fresh: { readonly version: string; readonly content: NewContent } | undefined,
  now: number,
  id = newRunId(now),
): Repeated {
  const { number: _, rerunFrom: __, evaluatedBy, ...rest } = info;
  // Nobody waits to evaluate what is made later of a run that its caller evaluated.
  const base = {
    ...rest,
    ...(evaluatedBy === 'job' ? { evaluatedBy } : {}),
    id,
    createdAt: now,
    rerunOf: info.id,
  };
  if (fresh === undefined) return base;
  const { code, declaration } = fresh.content;
  return {
    ...base,
    code,
    declaration,
    version: fresh.version,
    pipeline: declaration.name,
    project: declaration.project,
    seed: randomUUID(),
    clockStart: now,
  };
}

type NewContent = Pick<VersionContent, 'code' | 'declaration'>;

export async function repeatOf(
  info: RunInfo,
  fresh: NewCode | undefined,
  registry: Pick<Registry, 'register'>,
  now: number,
): Promise<Repeated> {
  if (fresh === undefined) return repeated(info, undefined, now);
  const { code, declaration } = fresh;
  const pipeline = { project: declaration.project, name: declaration.name };
  const version = await registry.register(
    pipeline,
    declaration.version,
    code.hash,
    declaration.autoVersionBump,
  );
  return repeated(info, { version, content: fresh }, now);
}
