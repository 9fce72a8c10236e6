import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type IssuerSettings,
  OidcSession,
  SignInError,
} from '../../../../console/src/session/oidc.ts';

const ISSUER = 'https://issuer.example/realm';
const REDIRECT = 'https://api.example/live/console/signed-in';
const SETTINGS: IssuerSettings = {
  signIn: 'oidc',
  issuer: ISSUER,
  clientId: 'the-console',
  scopes: ['openid', 'api'],
  audience: 'headrace',
  token: 'access',
};

const jwt = (claims: object): string =>
  ['{}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

interface Answer {
  readonly status?: number;
  readonly body: object;
}

/** A page, its issuer, and a tab whose storage outlives the page. */
function aPage(settings: Partial<IssuerSettings> = {}, endpoints: object = {}) {
  const stored = new Map<string, string>();
  const left: URL[] = [];
  const requested: { readonly url: string; readonly body: URLSearchParams }[] = [];
  const answers: { token: (body: URLSearchParams) => Answer; isReachable: boolean } = {
    token: () => ({ body: {} }),
    isReachable: true,
  };
  const clock = { now: Date.UTC(2026, 10, 30) };
  const newSession = () =>
    new OidcSession(
      { ...SETTINGS, ...settings },
      {
        storage: {
          getItem: (key) => stored.get(key) ?? null,
          setItem: (key, value) => void stored.set(key, value),
          removeItem: (key) => void stored.delete(key),
        },
        now: () => clock.now,
        navigate: (url) => void left.push(new URL(url)),
        redirectUri: REDIRECT,
        async fetch(url, init) {
          if (!answers.isReachable) throw new TypeError('Failed to fetch');
          if (url === `${ISSUER}/.well-known/openid-configuration`)
            return Response.json({
              issuer: ISSUER,
              authorization_endpoint: `${ISSUER}/authorize?tenant=1`,
              token_endpoint: 'https://tokens.example/token',
              ...endpoints,
            });
          const body = new URLSearchParams(String(init?.body));
          requested.push({ url, body });
          const { status = 200, body: document } = answers.token(body);
          return Response.json(document, { status });
        },
      },
    );
  return { stored, left, requested, answers, clock, newSession };
}

type Page = ReturnType<typeof aPage>;

/** Signs in; the issuer answers with these tokens. */
async function signIn(page: Page, tokens: object = {}, claims: object = {}) {
  const session = page.newSession();
  await session.signIn('/live/console/runs/01m8?tab=logs');
  const sent = page.left.at(-1)?.searchParams ?? new URLSearchParams();
  page.answers.token = () => ({
    body: {
      access_token: 'access-1',
      id_token: jwt({ iss: ISSUER, aud: 'the-console', nonce: sent.get('nonce'), ...claims }),
      expires_in: 600,
      ...tokens,
    },
  });
  // The redirect loads a new page.
  const returned = page.newSession();
  const address = new URL(`${REDIRECT}?code=the-code&state=${sent.get('state')}`);
  return { sent, returned, address, complete: () => returned.complete(address) };
}

describe('signing in at the issuer', () => {
  it('the redirect has a challenge, a state and a nonce, and the verifier stays in the tab', async () => {
    const page = aPage();
    const { sent } = await signIn(page);
    const pending = JSON.parse([...page.stored.values()][0] ?? '{}');
    expect(Object.fromEntries(sent)).toEqual({
      tenant: '1',
      response_type: 'code',
      client_id: 'the-console',
      redirect_uri: REDIRECT,
      scope: 'openid api',
      audience: 'headrace',
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: createHash('sha256').update(pending.verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(Buffer.from(pending.verifier, 'base64url').byteLength).toBe(32);
  });

  it('the code is exchanged with the verifier, and the user returns to the same page', async () => {
    const page = aPage();
    const { complete, returned } = await signIn(page);
    const { verifier } = JSON.parse([...page.stored.values()][0] ?? '{}');
    expect(await complete()).toBe('/live/console/runs/01m8?tab=logs');
    expect(page.requested.map(({ url, body }) => [url, Object.fromEntries(body)])).toEqual([
      [
        'https://tokens.example/token',
        {
          grant_type: 'authorization_code',
          code: 'the-code',
          redirect_uri: REDIRECT,
          code_verifier: verifier,
          client_id: 'the-console',
        },
      ],
    ]);
    expect(await returned.token()).toBe('access-1');
  });

  it('no token is stored: the next page signs in again', async () => {
    const page = aPage();
    const { complete } = await signIn(page);
    await complete();
    expect([...page.stored]).toEqual([]);
    expect(await page.newSession().token()).toBeUndefined();
  });

  it('an address without an answer is an ordinary page', async () => {
    const session = aPage().newSession();
    for (const query of ['', '?tab=logs', '?code=a', '?state=a'])
      expect(await session.complete(new URL(`${REDIRECT}${query}`))).toBeUndefined();
  });

  it('an answer is accepted once', async () => {
    const page = aPage();
    const { complete } = await signIn(page);
    await complete();
    await expect(complete()).rejects.toThrow(/no request of this tab/);
  });

  it.each([
    ['another state', '?code=the-code&state=forged', /no request of this tab/],
    ['an error', '?error=access_denied&error_description=No+access&state=S', /refused: No access/],
    ['another issuer', '?code=a&state=S&iss=https://evil.example', /Another issuer/],
  ])('an answer with %s is refused, and requests no token', async (_what, query, message) => {
    const page = aPage();
    const { sent, returned } = await signIn(page);
    const text = query.replace('state=S', `state=${sent.get('state')}`);
    await expect(returned.complete(new URL(`${REDIRECT}${text}`))).rejects.toThrow(message);
    expect(page.requested).toEqual([]);
    expect(await returned.token()).toBeUndefined();
  });

  it.each([
    ['another nonce', { nonce: 'replayed' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['another client', { aud: ['other'] }],
  ])('an identity with %s is refused', async (_what, claims) => {
    const { complete, returned } = await signIn(aPage(), {}, claims);
    await expect(complete()).rejects.toThrow(/not for this page/);
    expect(await returned.token()).toBeUndefined();
  });

  it.each([
    ['no identity', { id_token: undefined }, /not for this page/],
    ['an identity that is no token', { id_token: 'a.%.b' }, /not for this page/],
    ['no access token', { access_token: undefined }, /no access token/],
  ])('an answer with %s is refused', async (_what, tokens, message) => {
    const { complete } = await signIn(aPage(), tokens);
    await expect(complete()).rejects.toThrow(message);
  });

  it('a code that the issuer refuses is an error', async () => {
    const page = aPage();
    const { complete } = await signIn(page);
    page.answers.token = () => ({ status: 400, body: { error: 'invalid_grant' } });
    await expect(complete()).rejects.toThrow(/did not accept its own code/);
  });

  it('an issuer that does not answer is named, and is requested again', async () => {
    const page = aPage();
    const session = page.newSession();
    page.answers.isReachable = false;
    await expect(session.signIn('')).rejects.toThrow(SignInError);
    await expect(session.signIn('')).rejects.toThrow(/https:\/\/issuer\.example.*CORS/);
    page.answers.isReachable = true;
    await session.signIn('');
    expect(page.left).toHaveLength(1);
  });

  it.each([
    ['of another issuer', { issuer: 'https://evil.example' }],
    ['without encryption', { token_endpoint: 'http://tokens.example/token' }],
    ['with a script as its address', { authorization_endpoint: 'javascript:alert(1)' }],
  ])('a description %s is refused', async (_what, endpoints) => {
    const page = aPage({}, endpoints);
    await expect(page.newSession().signIn('')).rejects.toThrow(/does not describe the issuer/);
    expect(page.left).toEqual([]);
  });
});

describe('the token of the issuer', () => {
  it('is renewed 30 seconds before it expires, by a refresh token that each use replaces', async () => {
    const page = aPage();
    const { complete, returned } = await signIn(page, { refresh_token: 'refresh-1' });
    await complete();
    let count = 1;
    page.answers.token = () => {
      count += 1;
      return {
        body: {
          access_token: `access-${count}`,
          refresh_token: `refresh-${count}`,
          expires_in: 600,
        },
      };
    };
    page.clock.now += 569_000;
    expect(await returned.token()).toBe('access-1');
    page.clock.now += 1_000;
    expect(await Promise.all([returned.token(), returned.token()])).toEqual([
      'access-2',
      'access-2',
    ]);
    page.clock.now += 600_000;
    expect(await returned.token()).toBe('access-3');
    expect(page.requested.slice(1).map(({ body }) => body.get('refresh_token'))).toEqual([
      'refresh-1',
      'refresh-2',
    ]);
  });

  it('without a refresh token, and when it is refused, the user signs in again', async () => {
    for (const tokens of [{}, { refresh_token: 'revoked' }]) {
      const page = aPage();
      const { complete, returned } = await signIn(page, tokens);
      await complete();
      page.answers.token = () => ({ status: 400, body: { error: 'invalid_grant' } });
      page.clock.now += 600_000;
      expect(await returned.token()).toBeUndefined();
    }
  });

  it('is the id token where the access token has no audience, until that expires', async () => {
    const page = aPage({ token: 'id' });
    const exp = page.clock.now / 1000 + 100;
    const { complete, returned } = await signIn(page, { expires_in: 3600 }, { exp });
    await complete();
    expect(await returned.token()).toContain('.');
    page.clock.now += 70_000;
    expect(await returned.token()).toBeUndefined();
  });

  it('ends when the user signs out, here and at the issuer', async () => {
    const page = aPage({}, { end_session_endpoint: `${ISSUER}/logout` });
    const { complete, returned } = await signIn(page);
    await complete();
    await returned.signOut();
    expect(await returned.token()).toBeUndefined();
    expect(page.left.at(-1)?.pathname).toBe('/realm/logout');
    expect(page.left.at(-1)?.searchParams.get('post_logout_redirect_uri')).toBe(REDIRECT);
  });

  it('a renewal that ends after the user signed out gives no token', async () => {
    const page = aPage();
    const { complete, returned } = await signIn(page, { refresh_token: 'refresh-1' });
    await complete();
    page.clock.now += 600_000;
    const renewing = returned.token();
    await returned.signOut();
    expect(await renewing).toBeUndefined();
  });
});
