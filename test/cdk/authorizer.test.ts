/**
 * The deployed bundle of the authorizer, against an issuer of the test: the response that API
 * Gateway receives for each token.
 *
 * @module
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { SETTINGS_FILE } from '../../src/aws/deployment/settings.ts';
import { verdictOf } from '../iam/policy.ts';

/** The folder of the function: its code and its settings. */
const FOLDER = mkdtempSync(join(tmpdir(), 'headrace-authorizer-'));
const METHOD = 'arn:aws:execute-api:eu-west-1:123456789012:abc123/live/POST/v1/runs';
const AUDIENCE = ['headrace', 'headrace-cli'];
const SECOND = Math.floor(Date.now() / 1000);

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = { first: rsa(), second: rsa(), foreign: rsa() };
/**
 * The keys that the issuer publishes. The second key is added while the function runs, as in a
 * rotation.
 */
const published: (readonly [kid: string, key: KeyObject])[] = [['first', keys.first.publicKey]];
/** The number of requests to the issuer, by path. */
const requestCounts = new Map<string, number>();

const server = createServer((request, response) => {
  const path = request.url ?? '';
  requestCounts.set(path, (requestCounts.get(path) ?? 0) + 1);
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
  team: 'ml',
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
  const content = `${encoded({ alg: 'RS256', typ: 'JWT', kid })}.${encoded(payload)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), key).toString('base64url')}`;
}

const policySchema = z.object({
  principalId: z.string(),
  policyDocument: z.object({
    Statement: z.array(
      z.object({
        Action: z.string(),
        Effect: z.literal('Allow'),
        Resource: z.string(),
        Condition: z.object({
          DateLessThan: z.object({ 'aws:CurrentTime': z.iso.datetime() }),
        }),
      }),
    ),
  }),
});
let authorize: (event: object) => Promise<unknown>;
let logged: unknown[];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const code = join(FOLDER, 'index.mjs');
  const oidc = { issuer: issuer(), audience: AUDIENCE, claims: { team: ['ml', 'ops'] } };
  writeFileSync(join(FOLDER, SETTINGS_FILE), JSON.stringify(oidc));
  copyFileSync(new URL('../../dist/lambda/authorizer/index.mjs', import.meta.url), code);
  const bundle: unknown = await import(pathToFileURL(code).href);
  authorize = z
    .looseObject({ handler: z.custom<typeof authorize>((value) => typeof value === 'function') })
    .parse(bundle).handler;
});
beforeEach(() => {
  logged = [];
  vi.spyOn(console, 'warn').mockImplementation((line: unknown) => void logged.push(line));
});
afterAll(() => {
  vi.restoreAllMocks();
  server.close();
  rmSync(FOLDER, { recursive: true });
});

const answerTo = (authorizationToken: string) =>
  authorize({ type: 'TOKEN', authorizationToken, methodArn: METHOD });

describe("the authorizer's bundle", () => {
  it.each(['headrace', 'headrace-cli', ['other', 'headrace']])(
    'the authorizer allows a token for the audience %j in the whole stage, and in no other stage',
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
      // API Gateway uses the cached response for other paths, too.
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

  it('a cached decision does not outlive its token', async () => {
    const limitOf = async (exp: number) => {
      const { policyDocument } = policySchema.parse(
        await answerTo(`Bearer ${token(claims({ exp }))}`),
      );
      return policyDocument.Statement.map(
        ({ Condition }) => Condition.DateLessThan['aws:CurrentTime'],
      );
    };
    expect(await limitOf(SECOND + 77)).toEqual([new Date((SECOND + 77) * 1000).toISOString()]);
    expect(await limitOf(1e12)).toEqual(['9999-12-31T00:00:00.000Z']);
  });

  it('the authorizer refuses a token without a required claim, and logs the claim', async () => {
    await expect(answerTo(`Bearer ${token(claims({ team: 'sales' }))}`)).rejects.toThrow(
      /^Unauthorized$/,
    );
    expect(logged).toEqual([
      expect.objectContaining({ event: 'token refused', reason: expect.stringMatching(/team/) }),
    ]);
  });

  it('the authorizer fetches the keys once, and again for a key that it does not know, because the issuer may have rotated its keys', async () => {
    expect(requestCounts).toEqual(
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
    expect(requestCounts).toEqual(
      new Map([
        ['/.well-known/openid-configuration', 1],
        ['/keys', 2],
      ]),
    );
  });

  const head = (header: object, payload: object = claims()) =>
    `${encoded(header)}.${encoded(payload)}.`;
  it.each<[what: string, given: () => string, reason: RegExp]>([
    ['that has expired', () => token(claims({ exp: SECOND - 60 })), /expired/i],
    ['that is not valid yet', () => token(claims({ nbf: SECOND + 3600 })), /before/i],
    ['without an expiry', () => token(claims({ exp: undefined })), /exp/],
    ['whose expiry is not a time', () => token(claims({ exp: 'never' })), /exp/],
    ['for another audience', () => token(claims({ aud: 'other' })), /audience/i],
    ['without an audience', () => token(claims({ aud: undefined })), /audience/i],
    ['of another issuer', () => token(claims({ iss: 'https://other.example' })), /issuer/i],
    [
      'of an issuer whose name has the configured one as a prefix',
      () => token(claims({ iss: `${issuer()}/` })),
      /issuer/i,
    ],
    ['without a signature', () => head({ alg: 'none', kid: 'first' }), /alg|signature/i],
    [
      'with a signature of the algorithm none',
      () => `${head({ alg: 'none', kid: 'first' })}${encoded('none')}`,
      /alg|signature/i,
    ],
    [
      'signed with the public key as a shared secret',
      () => `${head({ alg: 'HS256', kid: 'first' })}${encoded('a-mac')}`,
      /alg/i,
    ],
    [
      'signed by a key that the issuer does not have',
      () => token(claims(), { kid: 'unknown', key: keys.foreign.privateKey }),
      /kid/i,
    ],
    [
      'signed by another key under a known name',
      () => token(claims(), { key: keys.foreign.privateKey }),
      /signature/i,
    ],
    [
      'whose content was changed',
      () => token(claims()).replace(/\.[^.]+\./, `.${encoded(claims({ sub: 'eve' }))}.`),
      /signature/i,
    ],
    ['that is not a token', () => 'nonsense', /./],
    ['that is empty', () => '', /./],
  ])(
    'the authorizer responds with 401 to a token %s, and logs the reason',
    async (_what, given, reason) => {
      await expect(answerTo(`Bearer ${given()}`)).rejects.toThrow(/^Unauthorized$/);
      expect(logged).toEqual([
        expect.objectContaining({ event: 'token refused', reason: expect.stringMatching(reason) }),
      ]);
    },
  );

  it.each(['', 'Basic YWRhOmFkYQ==', 'Bearer'])(
    'the authorizer responds with 401 to the header %j',
    async (header) => {
      await expect(answerTo(header)).rejects.toThrow(/^Unauthorized$/);
    },
  );

  it('the authorizer logs no token', async () => {
    const given = token(claims({ aud: 'other' }));
    await expect(answerTo(`Bearer ${given}`)).rejects.toThrow('Unauthorized');
    expect(JSON.stringify(logged)).not.toContain(given.split('.')[2]);
  });
});
