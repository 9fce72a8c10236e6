/**
 * Merges what an attempt uploads.
 *
 * @module
 */
import type { RunOutputs } from '../../model/artifacts.ts';

/** Adds items to a list. A new one replaces an earlier one with the same name. */
export function mergeByName<T extends { readonly name: string }>(
  old: readonly T[],
  fresh: readonly T[],
): readonly T[] {
  const byName = new Map(old.map((item) => [item.name, item]));
  for (const item of fresh) byName.set(item.name, item);
  return [...byName.values()];
}

export const mergeOutputs = (old: RunOutputs, fresh: RunOutputs): RunOutputs => ({
  artifacts: mergeByName(old.artifacts, fresh.artifacts),
  models: mergeByName(old.models, fresh.models),
});
