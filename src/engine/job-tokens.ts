/**
 * Tokens of attempts, derived from the store's secret and the name of the job, so that none is
 * stored.
 *
 * @module
 */
import { createHmac } from 'node:crypto';

const MAX_CACHED_TOKENS = 1000;

/**
 * Returns the function from the name of a job to its token. Recent tokens are cached, because every
 * message of a job needs one.
 */
export function createJobTokens(secret: Buffer): (jobName: string) => string {
  const cachedTokens = new Map<string, string>();
  return (jobName) => {
    const cached = cachedTokens.get(jobName);
    if (cached !== undefined) return cached;
    const token = createHmac('sha256', secret).update(jobName).digest('base64url');
    if (cachedTokens.size >= MAX_CACHED_TOKENS) cachedTokens.clear();
    cachedTokens.set(jobName, token);
    return token;
  };
}
