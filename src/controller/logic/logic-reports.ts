/**
 * What the logic reports and uploads to its run: points of metrics, and artifacts.
 *
 * @module
 */
import { type Artifact, metadataSchema } from '../../model/artifacts.ts';
import type { CommandOf } from '../../model/history.ts';
import { logicArtifactKey, type RunLocation } from '../../model/object-layout.ts';
import { isStored } from '../../model/value.ts';
import type { Objects } from '../../ports/objects.ts';
import type { RunReport } from '../../ports/tasks.ts';
import { previewOf, sizeAndHash, storeIfLarge } from './value-storage.ts';

/** @param number that of the command: a command that is handled twice reports once */
export const logicPoint = (
  { title, series, iteration, value }: CommandOf<'point'>,
  { generation, number, at }: { generation: number; number: number; at: number },
): RunReport => ({
  id: `logic.${generation}.${number}`,
  points: [{ title, series, iteration, value: recordedNumber(value), at }],
});

function recordedNumber(value: number): RunReport['points'][number]['value'] {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** @param info the run that the artifact belongs to */
export async function logicArtifact(
  objects: Pick<Objects, 'putIfAbsent'>,
  info: RunLocation,
  { name, value, metadata }: Omit<CommandOf<'artifact'>, 'kind'>,
  at: number,
): Promise<Artifact> {
  const checked = metadataSchema.safeParse(metadata).data;
  const stored = await storeIfLarge(objects, info, value, logicArtifactKey);
  const { size, hash } = isStored(stored) ? stored : sizeAndHash(value);
  return {
    name,
    type: value.format,
    size,
    hash,
    preview: previewOf(value),
    value: stored,
    ...(checked === undefined ? {} : { metadata: checked }),
    createdAt: at,
  };
}
