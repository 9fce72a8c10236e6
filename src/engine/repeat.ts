/**
 * What a rerun's new run is: the old one's arguments, with its code or the source as it is now.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { PipelineCode } from '../model/code.ts';
import type { PipelineDeclaration } from '../model/options.ts';
import type { RunInfo } from '../model/run.ts';
import type { Registry } from '../ports/registry.ts';
import { newRunId } from '../submit/run-id.ts';

/** The source as it is now. */
export interface NewCode {
  readonly code: PipelineCode;
  readonly declaration: PipelineDeclaration;
  /** Bundles by their key in the store. */
  readonly texts: ReadonlyMap<string, string>;
}

export async function repeatOf(info: RunInfo, fresh: NewCode | undefined, registry: Pick<Registry, 'register'>, now: number): Promise<Omit<RunInfo, 'number'>> {
  const { number: _, ...rest } = info;
  const base = { ...rest, id: newRunId(now), createdAt: now, rerunOf: info.id };
  if (fresh === undefined) return base;
  const { code, declaration } = fresh;
  const version = await registry.register(
    { project: declaration.project, name: declaration.name },
    declaration.version,
    code.hash,
    declaration.autoVersionBump,
  );
  return { ...base, code, declaration, version, pipeline: declaration.name, project: declaration.project, seed: randomUUID(), epoch: now };
}
