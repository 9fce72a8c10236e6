/**
 * Tokens of attempts and of external evaluators, derived from the secret of the store or the
 * deployment, so that none is stored.
 *
 * @module
 */
import { type KeyPurpose, sign } from '../model/derived-keys.ts';

const MAX_CACHED_TOKENS = 1000;

/** Returns the function from the name of a job to the token of its attempts. */
export const createJobTokens = (secret: Buffer): ((jobName: string) => string) =>
  cachedTokens(secret, 'attempt');

/** Returns the function from the id of a run to the token of its external evaluator. */
export const createEvaluatorTokens = (secret: Buffer): ((run: string) => string) =>
  cachedTokens(secret, 'evaluator');

/** Recent tokens are cached, because every message of a job needs one. */
function cachedTokens(secret: Buffer, purpose: KeyPurpose): (name: string) => string {
  const tokens = new Map<string, string>();
  return (name) => {
    const cached = tokens.get(name);
    if (cached !== undefined) return cached;
    const token = sign(secret, purpose, name).toString('base64url');
    if (tokens.size >= MAX_CACHED_TOKENS) tokens.clear();
    tokens.set(name, token);
    return token;
  };
}
