/**
 * The port of the registry of pipelines and their versions.
 *
 * 1. The code of a version never changes: the version that `register` returns has the code that was
 *    passed, also if other callers register at the same time.
 * 2. `VersionContent` may be several hundred kilobytes. Lists do not contain it.
 *
 * @module
 */
import type { PipelineCode } from '../model/code.ts';
import { HeadraceError } from '../model/errors.ts';
import type { PipelineDeclaration } from '../model/options.ts';

export interface PipelineName {
  readonly project: string;
  readonly name: string;
}

/** Everything that a run of the version needs, except its arguments. */
export interface VersionContent {
  readonly code: PipelineCode;
  readonly declaration: PipelineDeclaration;
  /** The argument of the file's `PipelineDecorator.setDefaultExecutionQueue`. */
  readonly defaultQueue: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface VersionSummary {
  readonly version: string;
  readonly codeHash: string;
  /** Milliseconds since the epoch; `null` if only the name of the version was registered. */
  readonly createdAt: number | null;
}

export interface PipelineVersion extends VersionSummary {
  /** `null` if only the name of the version was registered: it cannot be run. */
  readonly content: VersionContent | null;
}

export interface PipelineSummary extends PipelineName {
  /** The highest version. */
  readonly latest: string;
}

export interface Registry {
  /**
   * Registers this code and returns its version: `version` if it is new or has the same code; else,
   * with `bump`, the next patch version that is unused or has this code. The version is recorded
   * when the call returns, together with `content`. A later content of the same version replaces
   * the earlier one (the code is the same, but it may have been bundled in another folder).
   *
   * @throws VersionTakenError without `bump`, if `version` has other code
   * @throws NoPatchVersionLeftError with `bump`, if all patch versions from `version` on have other
   *   code
   */
  register(
    pipeline: PipelineName,
    version: string,
    codeHash: string,
    bump: boolean,
    content?: VersionContent,
  ): Promise<string>;
  version(pipeline: PipelineName, version: string): Promise<PipelineVersion | undefined>;
  /**
   * Highest first (1.10.0 is above 1.9.0), below the version `before`. An unknown pipeline has
   * none.
   */
  versions(
    pipeline: PipelineName,
    page: { readonly before?: string | undefined; readonly limit: number },
  ): Promise<readonly VersionSummary[]>;
  /** In the order of projects, then of names, after `after`. */
  pipelines(page: {
    readonly project?: string | undefined;
    readonly after?: PipelineName | undefined;
    readonly limit: number;
  }): Promise<readonly PipelineSummary[]>;
}

export class VersionTakenError extends HeadraceError {
  constructor(
    readonly pipeline: string,
    readonly version: string,
  ) {
    super(
      `version ${version} of pipeline ${pipeline} exists with other code: raise the version, or enable autoVersionBump`,
    );
  }
}

/** All patch versions from the requested one on are registered with other code. */
export class NoPatchVersionLeftError extends HeadraceError {
  constructor(
    readonly pipeline: string,
    readonly version: string,
  ) {
    super(
      `version ${version} of pipeline ${pipeline} and all patch versions above it exist with other code: raise the minor version`,
    );
  }

  override get name(): string {
    return 'NoPatchVersionLeftError';
  }
}

export interface RegisteredPatch {
  readonly patch: number;
  readonly codeHash: string;
}

/** The lowest patch number that the search has not excluded. */
export interface PatchSearch {
  readonly patch: number;
  /** The number is free, or has the code. Otherwise higher registered numbers must be searched. */
  readonly found: boolean;
}

/**
 * Searches for the lowest patch number from `from` on that is free or has this code. The number of
 * steps is that of the registered versions, whatever their numbers are.
 *
 * @param registered patch versions of one major and minor version, lowest first, none of them
 *   left out
 */
export function searchPatch(
  registered: Iterable<RegisteredPatch>,
  from: number,
  codeHash: string,
): PatchSearch {
  let patch = from;
  for (const each of registered) {
    if (each.patch < patch) continue;
    if (each.patch > patch || each.codeHash === codeHash) return { patch, found: true };
    patch += 1;
  }
  return { patch, found: false };
}

/** Orders versions of three numbers: negative if `a` is below `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let part = 0; part < 3; part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
