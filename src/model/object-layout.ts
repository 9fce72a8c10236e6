/**
 * Where the objects of a project lie, so that a role can be given its own and no other's.
 *
 * @module
 */
import type { RunInfo } from './run.ts';

/** The project whose steps and data a run's are. */
export const projectOf = ({
  declaration,
  project,
}: Pick<RunInfo, 'declaration' | 'project'>): string => declaration.targetProject ?? project;

export const projectPrefix = (info: Pick<RunInfo, 'declaration' | 'project'>): string =>
  `p/${encodeURIComponent(projectOf(info))}`;
