import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTokenVerifier, readOidcSettings } from '../../../src/aws/auth/bearer-tokens.ts';
import { ClaimMismatchError } from '../../../src/aws/auth/claims.ts';
import type { RequiredClaims } from '../../../src/model/required-claims.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEYS = pair();

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(
  key: KeyObject,
  payload: object,
  header: object = { alg: 'RS256', kid: 'k1' },
): string {
  const content = `${encoded(header)}.${encoded(payload)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), key).toString('base64url')}`;
}

/**
 * An issuer with a discovery document and keys. `named`: the issuer in the document, if not its
 * own.
 */
async function anIssuer(key: KeyObject, named?: string): Promise<string> {
  const self = { issuer: '' };
  const server = createServer((request, response) => {
    const keys = {
      keys: [{ ...key.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }],
    };
    const known = {
      '/.well-known/openid-configuration': {
        issuer: named ?? self.issuer,
        jwks_uri: `${self.issuer}/keys`,
      },
      '/keys': keys,
    };
    const body = Object.entries(known).find(([path]) => path === request.url)?.[1];
    response
      .writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  self.issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return self.issuer;
}

describe('bearer tokens', () => {
  it('a bearer token is accepted only if the issuer signed it for this audience and it has not expired', async () => {
    const { publicKey, privateKey } = pair();
    const issuer = await anIssuer(publicKey);
    const verify = await createTokenVerifier({ issuer, audience: ['headrace'] });
    const now = Math.floor(Date.now() / 1000);
    const valid = { iss: issuer, aud: 'headrace', sub: 'ada', exp: now + 600, iat: now };
    const invalid: Readonly<Record<string, string>> = {
      'of another audience': token(privateKey, { ...valid, aud: 'other' }),
      'of another issuer': token(privateKey, { ...valid, iss: 'http://127.0.0.1:1' }),
      'that has expired': token(privateKey, { ...valid, exp: now - 600 }),
      'signed by another key': token(pair().privateKey, valid),
      'without a signature': `${encoded({ alg: 'none', kid: 'k1' })}.${encoded(valid)}.`,
      'that is not a token': 'token',
      'that is empty': '',
    };
    for (const [what, each] of Object.entries(invalid))
      await expect(verify(each), `a token ${what}`).rejects.toThrow();
    expect(await verify(token(privateKey, valid))).toEqual({
      subject: 'ada',
      expiresAt: now + 600,
    });
  });

  it.each<[what: string, claims: RequiredClaims, given: object, accepted: boolean]>([
    ['an equal text', { hd: 'example.com' }, { hd: 'example.com' }, true],
    ['another text', { hd: 'example.com' }, { hd: 'example.com.evil' }, false],
    ['no claim', { hd: 'example.com' }, {}, false],
    ['one of the values', { team: ['a', 'b'] }, { team: 'b' }, true],
    ['none of the values', { team: ['a', 'b'] }, { team: 'c' }, false],
    ['a list with one of the values', { groups: ['ops', 'ml'] }, { groups: ['x', 'ml'] }, true],
    ['a list with the value', { groups: 'ml' }, { groups: ['x', 'ml'] }, true],
    ['a list with none of the values', { groups: ['ops'] }, { groups: ['x', 'y'] }, false],
    ['an empty list', { groups: ['ops'] }, { groups: [] }, false],
    ['a list in a list', { groups: ['ops'] }, { groups: [['ops']] }, false],
    ['a part of a text', { groups: ['ops'] }, { groups: 'ops ml' }, false],
    ['true', { email_verified: true }, { email_verified: true }, true],
    ['the text true', { email_verified: true }, { email_verified: 'true' }, false],
    ['a number', { level: [1, 2] }, { level: 2 }, true],
    ['null', { level: [1] }, { level: null }, false],
    ['an object with the value as a key', { groups: 'ops' }, { groups: { ops: true } }, false],
    ['two claims', { hd: 'x', team: 'a' }, { hd: 'x', team: 'a' }, true],
    ['one of two claims', { hd: 'x', team: 'a' }, { hd: 'x', team: 'b' }, false],
    ['a name that every object inherits', { constructor: 'x' }, {}, false],
  ])('required claims are compared with the token: %s', async (_, claims, given, accepted) => {
    const issuer = await anIssuer(KEYS.publicKey);
    const settings = readOidcSettings({ issuer, audience: ['headrace'], claims });
    const verify = await createTokenVerifier(settings);
    const exp = Math.floor(Date.now() / 1000) + 600;
    const verified = verify(
      token(KEYS.privateKey, { iss: issuer, aud: 'headrace', sub: 'ada', exp, ...given }),
    );
    if (accepted) expect(await verified).toEqual({ subject: 'ada', expiresAt: exp });
    else await expect(verified).rejects.toThrow(ClaimMismatchError);
  });

  it('the claim __proto__ cannot be required, instead of being ignored', () => {
    expect(() =>
      readOidcSettings(
        JSON.parse('{"issuer":"https://i.example","audience":["a"],"claims":{"__proto__":"x"}}'),
      ),
    ).toThrow(/__proto__/);
  });

  it('an issuer whose discovery document names another issuer is rejected', async () => {
    const issuer = await anIssuer(pair().publicKey, 'https://other.example');
    await expect(createTokenVerifier({ issuer, audience: ['headrace'] })).rejects.toThrow(
      'names another issuer',
    );
    expect(() => readOidcSettings()).toThrow(/issuer/);
  });
});
