import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTokenVerifier, readOidcSettings } from '../../../src/aws/auth/bearer-tokens.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(
  key: KeyObject,
  payload: object,
  header: object = { alg: 'RS256', kid: 'k1' },
): string {
  const said = `${encoded(header)}.${encoded(payload)}`;
  return `${said}.${sign('RSA-SHA256', Buffer.from(said), key).toString('base64url')}`;
}

/** An issuer that describes itself, with the keys where it says. @param describes as whom, if not as itself */
async function anIssuer(key: KeyObject, describes?: string): Promise<string> {
  const place = { issuer: '' };
  const server = createServer((request, response) => {
    const keys = {
      keys: [{ ...key.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }],
    };
    const known = {
      '/.well-known/openid-configuration': {
        issuer: describes ?? place.issuer,
        jwks_uri: `${place.issuer}/keys`,
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
  place.issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return place.issuer;
}

describe('a bearer token', () => {
  it('says who it is if the issuer signed it for this audience, and it is not over', async () => {
    const { publicKey, privateKey } = pair();
    const issuer = await anIssuer(publicKey);
    const verify = await createTokenVerifier({ issuer, audience: ['headrace'] });
    const now = Math.floor(Date.now() / 1000);
    const good = { iss: issuer, aud: 'headrace', sub: 'ada', exp: now + 600, iat: now };
    const wrong: Readonly<Record<string, string>> = {
      'of another audience': token(privateKey, { ...good, aud: 'other' }),
      'of another issuer': token(privateKey, { ...good, iss: 'http://127.0.0.1:1' }),
      'that is over': token(privateKey, { ...good, exp: now - 600 }),
      'signed by another key': token(pair().privateKey, good),
      'signed by nobody': `${encoded({ alg: 'none', kid: 'k1' })}.${encoded(good)}.`,
      'that is none': 'token',
      'that is empty': '',
    };
    for (const [what, each] of Object.entries(wrong))
      await expect(verify(each), `a token ${what}`).rejects.toThrow();
    expect(await verify(token(privateKey, good))).toEqual({ subject: 'ada' });
  });

  it('of an issuer that says it is another is not looked at', async () => {
    const issuer = await anIssuer(pair().publicKey, 'https://other.example');
    await expect(createTokenVerifier({ issuer, audience: ['headrace'] })).rejects.toThrow(
      'describes itself as another issuer',
    );
    expect(() => readOidcSettings({})).toThrow('HEADRACE_OIDC is missing');
  });
});
