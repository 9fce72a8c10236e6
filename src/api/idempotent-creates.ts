/**
 * Creates that happen once: an idempotency key stands for one request and what it makes.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type RunId, runIdSchema } from '../model/ids.ts';
import type { IdempotencyKeys } from '../ports/idempotency-keys.ts';
import { ProblemError } from './problems.ts';

/**
 * The id of what the request makes: `id`, unless the key made another one before.
 *
 * @param scope what is made, so that one key may be used for different things
 * @throws ProblemError if the key stands for another request
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

/** JSON in which the order of keys does not matter. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`)
    .join(',')}}`;
}
