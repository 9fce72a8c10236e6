/**
 * Adds the user's positions to an error, with the source maps of the pipeline's code.
 *
 * The maps are read only when an error is recorded. If they cannot be read, the error is recorded
 * without positions: they must not hide what happened.
 *
 * @module
 */
import { setTimeout } from 'node:timers';
import type { SourceMapsRef } from '../model/code.ts';
import { verifiedCode } from '../model/code-integrity.ts';
import type { ErrorRecord } from '../model/errors.ts';
import { MAX_BUNDLE_BYTES } from '../model/limits.ts';
import { codeKey, SOURCE_MAPS_EXTENSION } from '../model/object-layout.ts';
import { PositionTracer, parseSourceMaps } from '../model/source-maps.ts';
import type { Objects } from './objects.ts';

const READ_TIMEOUT_MS = 5000;

/** @param logic the hash of the logic's bundle, for an error of the logic. Never rejects. */
export async function withPositions(
  objects: Pick<Objects, 'get'>,
  maps: SourceMapsRef | undefined,
  error: ErrorRecord,
  logic?: string,
): Promise<ErrorRecord> {
  if (maps === undefined || !hasStack(error)) return error;
  try {
    const text = await readInTime(objects, maps);
    const parsed = text === undefined ? undefined : parseSourceMaps(text);
    return parsed === undefined ? error : new PositionTracer(parsed, logic).trace(error);
  } catch {
    return error;
  }
}

const hasStack = ({ stack, cause, errors }: ErrorRecord): boolean =>
  stack !== undefined ||
  (cause !== undefined && hasStack(cause)) ||
  errors?.some(hasStack) === true;

async function readInTime(
  objects: Pick<Objects, 'get'>,
  { hash }: SourceMapsRef,
): Promise<string | undefined> {
  const key = codeKey(hash, SOURCE_MAPS_EXTENSION);
  const reading = objects
    .get(key, MAX_BUNDLE_BYTES)
    .then((bytes) => verifiedCode(bytes, { key, hash }))
    .catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), READ_TIMEOUT_MS);
  });
  return await Promise.race([reading, timeout]).finally(() => clearTimeout(timer));
}
