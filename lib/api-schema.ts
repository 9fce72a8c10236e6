/**
 * The schema of the API's configuration: who may call it, from where, and how often.
 *
 * @module
 */
import { z } from 'zod';
import { requiredClaimsSchema } from '../src/model/required-claims.ts';

export const ARN_PATTERN = /^arn:aws[a-z-]*:/;

const httpsUrlSchema = (what: string) => z.url({ protocol: /^https$/, error: what });

/** A public client: browsers hold no secret. */
const clientSchema = z.strictObject({
  /** The id under which the issuer knows the web console. */
  id: z.string().min(1).max(256),
  /** Scopes that a token for the API needs, besides `openid`. */
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope has no blanks'))
    .default([]),
  /**
   * Which token the console sends to the API: `id` for issuers whose access tokens have no audience,
   * as those of Cognito.
   */
  token: z.enum(['access', 'id'], { error: 'access or id' }).default('access'),
  /** Where the issuer has its endpoint for tokens, if that is another origin than its own. */
  origins: z.array(httpsUrlSchema('an origin is an https URL')).default([]),
});

const authSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('iam') }),
  z.strictObject({
    type: z.literal('oidc'),
    issuer: httpsUrlSchema('the issuer is an https URL'),
    audience: z.array(z.string().min(1)).min(1),
    /**
     * The values that claims of a token must have. A claim equals its value or one of its values; a
     * claim that is a list, such as `groups`, contains one of them.
     */
    claims: requiredClaimsSchema.default({}),
    /**
     * Seconds for which API Gateway uses the decision about a token again, at most until the token
     * expires; 0: each request is decided anew.
     */
    cacheSeconds: z.int().min(0).max(3600).default(300),
    /** The client of the issuer under which browsers sign in. The web console needs it. */
    client: clientSchema.optional(),
  }),
]);

export const apiSchema = z.strictObject({
  auth: authSchema.default({ type: 'iam' }),
  endpoint: z.enum(['regional', 'private']).default('regional'),
  /** VPC endpoints of `execute-api` that may call a private API. */
  vpcEndpointIds: z
    .array(z.string().regex(/^vpce-[0-9a-f]+$/, 'a VPC endpoint id reads vpce-0123…'))
    .default([]),
  webAclArn: z.string().regex(ARN_PATTERN, 'an ARN is required').optional(),
  /** The limits of requests per second, and of requests in a burst. */
  rateLimit: z.int().min(1).default(200),
  burstLimit: z.int().min(1).default(400),
  /**
   * Opens a path for processes that evaluate the logic of a run with the run's token: callers
   * (`pipelineExecutionQueue: null`) and jobs (`pipelineExecutionQueue` with a queue). It is the
   * only path that API Gateway does not authorize. Without it such runs are refused.
   */
  externalEvaluation: z.boolean().default(false),
  /** The same limits for this path. They are never above those of all other paths. */
  evaluationRateLimit: z.int().min(1).default(50),
  evaluationBurstLimit: z.int().min(1).default(100),
  /**
   * The concurrency that is reserved for the API's function, which is also its limit. Null: the
   * function shares the account's. An account must leave 100 unreserved, and a new account may have
   * 10 in all: any other default would fail to deploy there.
   */
  concurrency: z.int().min(1).max(10_000).nullable().default(null),
  /**
   * API Gateway writes logs under one role for the account and region: false if the account has
   * this role already.
   */
  accountLogRole: z.boolean().default(true),
});
