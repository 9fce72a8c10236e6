/**
 * Idempotent creates: an idempotency key identifies one request and the object that it creates.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type RunId, runIdSchema } from '../model/ids.ts';
import type { IdempotencyKeys } from '../ports/idempotency-keys.ts';
import { ProblemError } from './problems.ts';

/**
 * The id of the object to create: `id`, or the id that the key created before.
 *
 * @param scope the kind of object, so that one key can be used for objects of different kinds
 * @throws ProblemError if the key was used for another request
 */
export async function claimCreatedId(
  idempotencyKeys: IdempotencyKeys,
  key: string | undefined,
  scope: string,
  body: unknown,
  id: RunId,
): Promise<RunId> {
  if (key === undefined) return id;
  const requestHash = createHash('sha256').update(canonicalJson(body)).digest('hex');
  const claim = await idempotencyKeys.claim(JSON.stringify([scope, key]), {
    requestHash,
    createdId: id,
  });
  if (claim.requestHash === requestHash) return runIdSchema.parse(claim.createdId);
  const detail = 'this key was used for another request: take a new one for a new request';
  throw new ProblemError(422, `Idempotency-Key: ${detail}`, [
    { in: 'header', field: 'Idempotency-Key', detail },
  ]);
}

/** Canonical JSON: object keys are sorted. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`)
    .join(',')}}`;
}
