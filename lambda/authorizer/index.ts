/**
 * The authorizer's function: whether a bearer token lets a caller in.
 *
 * API Gateway keeps the answer for a while, for all paths: it allows the whole stage, or nothing.
 *
 * @module
 */
import { createTokenVerifier, readOidcSettings } from '../../src/aws/auth/bearer-tokens.ts';
import { initializeOnce } from '../../src/aws/lambda/initialize-once.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';

const getVerifier = initializeOnce(() => createTokenVerifier(readOidcSettings()));

interface TokenEvent {
  readonly authorizationToken?: string;
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>` */
  readonly methodArn: string;
}

export async function handler({ authorizationToken = '', methodArn }: TokenEvent) {
  const verify = await getVerifier();
  const token = /^Bearer (\S+)$/i.exec(authorizationToken)?.[1] ?? '';
  const caller = await verify(token).catch((error: unknown) => {
    log.warn('token refused', { reason: error instanceof Error ? error.message : String(error) });
  });
  // The one text that API Gateway answers with 401.
  if (caller === undefined) throw new Error('Unauthorized');
  const stage = methodArn.split('/').slice(0, 2).join('/');
  return {
    principalId: caller.subject,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${stage}/*` }],
    },
  };
}
