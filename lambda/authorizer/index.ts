/**
 * The authorizer's function: decides whether a bearer token gives access to the API.
 *
 * 1. API Gateway caches the decision for all paths. It therefore allows the whole stage, or nothing.
 * 2. API Gateway caches all decisions for the same time. Each has a condition, which is evaluated for
 *    every request, so that a cached decision ends with its token.
 *
 * @module
 */
import { createTokenVerifier, readOidcSettings } from '../../src/aws/auth/bearer-tokens.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';

const verify = await createTokenVerifier(readOidcSettings());

interface TokenEvent {
  readonly authorizationToken?: string;
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>` */
  readonly methodArn: string;
}

export async function handler({ authorizationToken = '', methodArn }: TokenEvent) {
  const token = /^Bearer (\S+)$/i.exec(authorizationToken)?.[1] ?? '';
  const caller = await verify(token).catch((error: unknown) => {
    log.warn('token refused', { reason: error instanceof Error ? error.message : String(error) });
  });
  // API Gateway responds with 401 to this message only.
  if (caller === undefined) throw new Error('Unauthorized');
  const stage = methodArn.split('/').slice(0, 2).join('/');
  return {
    principalId: caller.subject,
    context: caller.name === undefined ? {} : { name: caller.name },
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: 'Allow',
          Resource: `${stage}/*`,
          Condition: { DateLessThan: { 'aws:CurrentTime': toIamDate(caller.expiresAt) } },
        },
      ],
    },
  };
}

/** The latest time that has a form of four digits for the year. */
const LAST_SECOND = Date.UTC(9999, 11, 31) / 1000;

const toIamDate = (epochSeconds: number): string =>
  new Date(Math.min(epochSeconds, LAST_SECOND) * 1000).toISOString();
