/**
 * The caller of a request, as API Gateway states it: with IAM the ARN of the identity that signed the
 * request, with an issuer what the authorizer found in the token.
 *
 * @module
 */
import { z } from 'zod';
import { type Caller, creatorName } from '../../model/run-creator.ts';

const requestSchema = z.object({
  requestContext: z.object({
    identity: z.object({ userArn: z.string().nullish() }).nullish(),
    authorizer: z
      .object({ principalId: z.string().nullish(), name: z.string().nullish() })
      .nullish(),
  }),
});

/** An emulator of API Gateway may state no caller. */
const UNKNOWN: Caller = { principal: 'unknown', name: 'unknown' };

/** @param env what `hono/aws-lambda` passes with a request */
export function callerOfRequest(env: unknown): Caller {
  const { data } = requestSchema.safeParse(env);
  if (data === undefined) return UNKNOWN;
  const { identity, authorizer } = data.requestContext;
  const principal = authorizer?.name || authorizer?.principalId || identity?.userArn;
  return principal ? { principal, name: creatorName(principal) } : UNKNOWN;
}
