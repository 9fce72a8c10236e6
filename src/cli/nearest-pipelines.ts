/**
 * Suggestions for the name of a pipeline that is not known.
 *
 * @module
 */
import type { PipelineName } from '../ports/registry.ts';
import { nearestName } from '../sdk/nearest-name.ts';

const MAX_SUGGESTIONS = 3;

export const pipelinePath = ({ project, name }: PipelineName): string => `${project}/${name}`;

/** The pipelines whose path or name is similar to `path`, the most similar first. */
export function nearestPipelines(
  path: string,
  pipelines: readonly PipelineName[],
): readonly string[] {
  const found: string[] = [];
  const add = (paths: readonly string[]): void => {
    for (const each of paths) if (!found.includes(each)) found.push(each);
  };
  add(nearestNames(path, pipelines.map(pipelinePath)));
  const names = nearestNames(path.slice(path.lastIndexOf('/') + 1), [
    ...new Set(pipelines.map(({ name }) => name)),
  ]);
  for (const name of names)
    add(pipelines.filter((pipeline) => pipeline.name === name).map(pipelinePath));
  return found.slice(0, MAX_SUGGESTIONS);
}

function nearestNames(name: string, known: readonly string[]): readonly string[] {
  const found: string[] = [];
  while (found.length < MAX_SUGGESTIONS) {
    const next = nearestName(
      name,
      known.filter((each) => !found.includes(each)),
    );
    if (next === undefined) break;
    found.push(next);
  }
  return found;
}
