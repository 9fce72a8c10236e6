/**
 * The port to pipelines and their versions.
 *
 * 1. A version has one code for ever: what `register` answers names the code that was given, whoever registers at the same time.
 * 2. What a version is made of (`VersionContent`) may be some hundred kilobytes; lists do not carry it.
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

/** All that a run of the version needs beside its arguments. */
export interface VersionContent {
  readonly code: PipelineCode;
  readonly declaration: PipelineDeclaration;
  /** What the file's `PipelineDecorator.setDefaultExecutionQueue` said. */
  readonly defaultQueue: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface VersionSummary {
  readonly version: string;
  readonly codeHash: string;
  /** Milliseconds since the epoch; `null` for a version that was registered by its name alone. */
  readonly createdAt: number | null;
}

export interface PipelineVersion extends VersionSummary {
  /** `null` for a version that was registered by its name alone: no run can be made of it. */
  readonly content: VersionContent | null;
}

export interface PipelineSummary extends PipelineName {
  /** The highest version. */
  readonly latest: string;
}

export interface Registry {
  /**
   * The version under which this code runs: `version`, if it is new or has the same code; else, with `bump`, the lowest following patch version that is free
   * or has this code. The answer is on record when the call returns, and `content`, if given, with it; of two contents for one version the later stays
   * (they have the same code, but may have been bundled in different places).
   *
   * @throws VersionTakenError without `bump`, if `version` has other code.
   */
  register(
    pipeline: PipelineName,
    version: string,
    codeHash: string,
    bump: boolean,
    content?: VersionContent,
  ): Promise<string>;
  version(pipeline: PipelineName, version: string): Promise<PipelineVersion | undefined>;
  /** Highest first (1.10.0 is above 1.9.0), below the version `before`. A pipeline that is not known has none. */
  versions(
    pipeline: PipelineName,
    page: { readonly before?: string | undefined; readonly limit: number },
  ): Promise<readonly VersionSummary[]>;
  /** In the order of projects, then of names, behind `after`. */
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
      `version ${version} of pipeline ${pipeline} exists with other code: raise the version, or leave autoVersionBump on`,
    );
  }
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
