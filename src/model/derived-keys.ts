/**
 * Keys that are derived from the secret of a home or of a deployment, one for each purpose
 * (HKDF-SHA256, RFC 5869). A token or signature for one purpose is therefore invalid for every
 * other, whatever text it covers. This module is the only one that computes with the secret.
 *
 * @module
 */
import { createHmac, hkdfSync } from 'node:crypto';

/**
 * - `attempt`: tokens that authenticate the messages of a step's attempt.
 * - `evaluator`: tokens of external evaluators of a run.
 * - `control`: MACs of control transitions.
 * - `link`: signatures of links to objects of a home.
 */
export type KeyPurpose = 'attempt' | 'evaluator' | 'control' | 'link';

const KEY_BYTES = 32;
const keysOf = new WeakMap<Buffer, Map<KeyPurpose, Buffer>>();

/** The HMAC-SHA256 of the text, under the key for this purpose. */
export const sign = (secret: Buffer, purpose: KeyPurpose, text: string): Buffer =>
  createHmac('sha256', derivedKey(secret, purpose)).update(text).digest();

function derivedKey(secret: Buffer, purpose: KeyPurpose): Buffer {
  const keys = keysOf.get(secret) ?? new Map<KeyPurpose, Buffer>();
  keysOf.set(secret, keys);
  const existing = keys.get(purpose);
  if (existing !== undefined) return existing;
  const key = Buffer.from(hkdfSync('sha256', secret, '', `headrace ${purpose}`, KEY_BYTES));
  keys.set(purpose, key);
  return key;
}
