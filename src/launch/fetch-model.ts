/**
 * The model registry of `useModel` in debug mode: that of the home of this project.
 *
 * @module
 */
import { UseModelError } from '../sdk/errors.ts';
import type { ModelFetcher } from '../sdk/use-model.ts';
import { findHome } from './home.ts';

export const fetchModel: ModelFetcher = async ({ reference, project, folder }) => {
  const engine = await import('../engine/fetch-model.ts');
  const home = findHome(undefined, process.cwd());
  const found = await engine.fetchModel({ home, reference, project, folder });
  if (typeof found === 'string') throw new UseModelError(reference, found);
  const { name, version, framework, metadata, project: owner } = found.version;
  return { path: found.path, info: { project: owner, name, version, framework, metadata } };
};
