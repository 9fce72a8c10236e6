/**
 * The authorizer's bundle, as it is deployed, against an issuer of the test: what API Gateway gets for each token.
 *
 * @module
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { OIDC_VARIABLE } from '../../src/aws/deployment/settings.ts';
import { verdictOf } from '../iam/policy.ts';

const METHOD = 'arn:aws:execute-api:eu-west-1:123456789012:abc123/live/POST/v1/runs';
const AUDIENCE = ['headrace', 'headrace-cli'];
const SECOND = Math.floor(Date.now() / 1000);

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = { first: rsa(), second: rsa(), stranger: rsa() };
/** What the issuer publishes. The second key is added while the function runs, as in a rotation. */
const published: (readonly [kid: string, key: KeyObject])[] = [['first', keys.first.publicKey]];
/** How often the issuer was asked, by path. */
const asked = new Map<string, number>();

const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.set(path, (asked.get(path) ?? 0) + 1);
  const jwks = {
    keys: published.map(([kid, key]) => ({
      ...key.export({ format: 'jwk' }),
      kid,
      alg: 'RS256',
      use: 'sig',
    })),
  };
  const known = new Map<string, unknown>([
    ['/.well-known/openid-configuration', { issuer: issuer(), jwks_uri: `${issuer()}/keys` }],
    ['/keys', jwks],
  ]);
  response
    .writeHead(known.has(path) ? 200 : 404, { 'content-type': 'application/json' })
    .end(JSON.stringify(known.get(path) ?? {}));
});
function issuer(): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const encoded = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claims = (others: object = {}) => ({
  iss: issuer(),
  aud: 'headrace',
  sub: 'ada',
  iat: SECOND,
  exp: SECOND + 600,
  ...others,
});

function token(
  payload: object,
  {
    kid = 'first',
    key = keys.first.privateKey,
  }: { readonly kid?: string; readonly key?: KeyObject } = {},
): string {
  const said = `${encoded({ alg: 'RS256', typ: 'JWT', kid })}.${encoded(payload)}`;
  return `${said}.${sign('RSA-SHA256', Buffer.from(said), key).toString('base64url')}`;
}

const policySchema = z.object({
  principalId: z.string(),
  policyDocument: z.object({
    Statement: z.array(
      z.object({ Action: z.string(), Effect: z.literal('Allow'), Resource: z.string() }),
    ),
  }),
});
let authorize: (event: object) => Promise<unknown>;
let logged: unknown[];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv(OIDC_VARIABLE, JSON.stringify({ issuer: issuer(), audience: AUDIENCE }));
  const bundle: unknown = await import(
    new URL('../../dist/lambda/authorizer/index.mjs', import.meta.url).href
  );
  authorize = z
    .looseObject({ handler: z.custom<typeof authorize>((value) => typeof value === 'function') })
    .parse(bundle).handler;
});
beforeEach(() => {
  logged = [];
  vi.spyOn(console, 'warn').mockImplementation((line: unknown) => void logged.push(line));
});
afterAll(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  server.close();
});

const answerTo = (authorizationToken: string) =>
  authorize({ type: 'TOKEN', authorizationToken, methodArn: METHOD });

describe("the authorizer's bundle", () => {
  it.each(['headrace', 'headrace-cli', ['other', 'headrace']])(
    'lets a token for the audience %j into the whole stage, and into no other',
    async (aud) => {
      const { principalId, policyDocument } = policySchema.parse(
        await answerTo(`Bearer ${token(claims({ aud }))}`),
      );
      expect(principalId).toBe('ada');
      const statements = policyDocument.Statement.map(({ Action, Resource, Effect }) => ({
        Effect,
        Action: [Action],
        Resource: [Resource],
        Condition: {},
      }));
      const verdict = (resource: string) =>
        verdictOf(statements, { action: 'execute-api:Invoke', resource });
      const api = 'arn:aws:execute-api:eu-west-1:123456789012:abc123';
      // API Gateway keeps the answer for other paths, too.
      expect(
        [`${api}/live/POST/v1/runs`, `${api}/live/GET/v1/runs/01k`, `${api}/live/DELETE/`].map(
          verdict,
        ),
      ).toEqual(['allowed', 'allowed', 'allowed']);
      expect(
        [
          `${api}/other/GET/v1/runs`,
          'arn:aws:execute-api:eu-west-1:123456789012:zzz/live/GET/v1',
        ].map(verdict),
      ).toEqual(['not allowed', 'not allowed']);
    },
  );

  it('asks for the keys once, and again for the name of a key that it does not know: the issuer may take a new one', async () => {
    expect(asked).toEqual(
      new Map([
        ['/.well-known/openid-configuration', 1],
        ['/keys', 1],
      ]),
    );
    published.push(['second', keys.second.publicKey]);
    expect(
      await answerTo(
        `Bearer ${token(claims({ sub: 'bob' }), { kid: 'second', key: keys.second.privateKey })}`,
      ),
    ).toMatchObject({ principalId: 'bob' });
    await answerTo(`Bearer ${token(claims())}`);
    expect(asked).toEqual(
      new Map([
        ['/.well-known/openid-configuration', 1],
        ['/keys', 2],
      ]),
    );
  });

  const head = (header: object, payload: object = claims()) =>
    `${encoded(header)}.${encoded(payload)}.`;
  it.each<[what: string, given: () => string, reason: RegExp]>([
    ['that is over', () => token(claims({ exp: SECOND - 60 })), /expired/i],
    ['that is not good yet', () => token(claims({ nbf: SECOND + 3600 })), /before/i],
    ['without an end', () => token(claims({ exp: undefined })), /exp/],
    ['whose end is no time', () => token(claims({ exp: 'never' })), /exp/],
    ['of another audience', () => token(claims({ aud: 'other' })), /audience/i],
    ['of no audience', () => token(claims({ aud: undefined })), /audience/i],
    ['of another issuer', () => token(claims({ iss: 'https://other.example' })), /issuer/i],
    [
      'of an issuer whose name begins like the right one',
      () => token(claims({ iss: `${issuer()}/` })),
      /issuer/i,
    ],
    ['that nobody signed', () => head({ alg: 'none', kid: 'first' }), /alg|signature/i],
    [
      'that nobody signed, with a signature',
      () => `${head({ alg: 'none', kid: 'first' })}${encoded('none')}`,
      /alg|signature/i,
    ],
    [
      'signed with the public key as a password',
      () => `${head({ alg: 'HS256', kid: 'first' })}${encoded('a-mac')}`,
      /alg/i,
    ],
    [
      'of a key that the issuer does not have',
      () => token(claims(), { kid: 'unknown', key: keys.stranger.privateKey }),
      /kid/i,
    ],
    [
      'signed by another key under a known name',
      () => token(claims(), { key: keys.stranger.privateKey }),
      /signature/i,
    ],
    [
      'whose words were changed',
      () => token(claims()).replace(/\.[^.]+\./, `.${encoded(claims({ sub: 'eve' }))}.`),
      /signature/i,
    ],
    ['that is no token', () => 'nonsense', /./],
    ['that is empty', () => '', /./],
  ])('answers a token %s by 401, and logs why', async (_what, given, reason) => {
    await expect(answerTo(`Bearer ${given()}`)).rejects.toThrow(/^Unauthorized$/);
    expect(logged).toEqual([
      expect.objectContaining({ event: 'token refused', reason: expect.stringMatching(reason) }),
    ]);
  });

  it.each(['', 'Basic YWRhOmFkYQ==', 'Bearer'])('answers the header %j by 401', async (header) => {
    await expect(answerTo(header)).rejects.toThrow(/^Unauthorized$/);
  });

  it('logs no token', async () => {
    const given = token(claims({ aud: 'other' }));
    await expect(answerTo(`Bearer ${given}`)).rejects.toThrow('Unauthorized');
    expect(JSON.stringify(logged)).not.toContain(given.split('.')[2]);
  });
});
