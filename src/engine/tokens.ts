/**
 * Tokens of attempts: derived from the store's secret and the name of the job, so that none need be kept.
 *
 * @module
 */
import { createHmac } from 'node:crypto';

const REMEMBERED = 1000;

/** The token of a job by its name. The last ones are remembered: each of a job's messages asks for it. */
export function tokens(secret: Buffer): (jobName: string) => string {
  const known = new Map<string, string>();
  return (jobName) => {
    const remembered = known.get(jobName);
    if (remembered !== undefined) return remembered;
    const token = createHmac('sha256', secret).update(jobName).digest('base64url');
    if (known.size >= REMEMBERED) known.clear();
    known.set(jobName, token);
    return token;
  };
}
