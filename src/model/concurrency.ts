/**
 * The option `concurrency` of a component: which steps share a limit, and how it is named.
 *
 * @module
 */

import type { StepLimit } from './limit-state.ts';
import { projectOf } from './object-layout.ts';
import type { ComponentDeclaration } from './options.ts';
import type { RunInfo } from './run.ts';

/** The limit of a component's steps; undefined if it has none. */
export function limitOf(
  info: Pick<RunInfo, 'id' | 'pipeline' | 'project' | 'declaration'>,
  { name, concurrency }: Pick<ComponentDeclaration, 'name' | 'concurrency'>,
): StepLimit | undefined {
  if (concurrency === undefined) return undefined;
  const { limit, key, scope } =
    typeof concurrency === 'number' ? { limit: concurrency } : concurrency;
  const owner = scope === 'run' ? ['run', info.id] : ['project', projectOf(info)];
  const subject =
    key !== undefined
      ? ['key', key]
      : scope === 'run'
        ? ['component', name]
        : ['component', info.pipeline, name];
  return { key: JSON.stringify([...owner, ...subject]), limit };
}

/** How messages name the limit: the key that its users chose, or the component. */
export function limitName(key: string): string {
  const parts: unknown = JSON.parse(key);
  const texts = Array.isArray(parts) ? parts.map(String) : [key];
  return texts.at(2) === 'component' ? `component ${texts.at(-1)}` : `"${texts.at(-1)}"`;
}
