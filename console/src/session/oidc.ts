/**
 * Signs in at the issuer of a deployment: authorization code with PKCE, as a public client.
 *
 * 1. A redirect leaves a verifier, a state and a nonce in the storage of the tab. They are removed
 *    when the issuer's answer is read, and an answer without them is refused: no other page can make
 *    this one accept a code.
 * 2. Tokens are in memory alone. A new page signs in by another redirect, which the issuer answers
 *    at once while its own session lasts.
 * 3. A token is renewed before it expires if the issuer gave a refresh token, which each use
 *    replaces.
 *
 * @module
 */
import type { ConsoleConfig } from '../../../src/wire/console.ts';

export type IssuerSettings = Extract<ConsoleConfig, { readonly signIn: 'oidc' }>;

export interface OidcPorts {
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** The storage of the tab. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Leaves this page. */
  navigate(url: string): void;
  /** The address that the issuer knows, to which it returns the browser. */
  readonly redirectUri: string;
}

/** The issuer or its answer was refused. The message is for the user. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
}

const PENDING_KEY = 'headrace.sign-in';
/** Tokens are renewed this long before they expire: clocks differ, and requests take time. */
const RENEW_BEFORE_MS = 30_000;
/** For issuers that state no lifetime. */
const DEFAULT_LIFETIME_SECONDS = 300;

interface Tokens {
  /** What the API accepts. */
  readonly token: string;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  readonly expiresAt: number;
}

interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly endSession: string | undefined;
}

export class OidcSession {
  readonly #settings: IssuerSettings;
  readonly #ports: OidcPorts;
  #endpoints: Promise<Endpoints> | undefined;
  #tokens: Tokens | undefined;
  #renewal: Promise<Tokens | undefined> | undefined;

  constructor(settings: IssuerSettings, ports: OidcPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Leads the browser to the issuer, which returns it to `redirectUri`. @throws SignInError */
  async signIn(returnTo: string): Promise<void> {
    const { authorization } = await this.#discover();
    const { clientId, scopes, audience } = this.#settings;
    const [verifier, state, nonce] = [randomText(), randomText(), randomText()];
    this.#ports.storage.setItem(PENDING_KEY, JSON.stringify({ verifier, state, nonce, returnTo }));
    const url = new URL(authorization);
    const query = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.#ports.redirectUri,
      scope: scopes.join(' '),
      audience,
      state,
      nonce,
      code_challenge: await challengeOf(verifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    this.#ports.navigate(url.href);
  }

  /**
   * Reads the answer of the issuer in the address of this page.
   *
   * @returns where the user was before the redirect; undefined if the address has no answer
   * @throws SignInError
   */
  async complete(address: URL): Promise<string | undefined> {
    const answer = address.searchParams;
    if (!answer.has('state') || !(answer.has('code') || answer.has('error'))) return undefined;
    const pending = this.#takePending();
    if (pending === undefined || answer.get('state') !== pending.state)
      throw new SignInError('The answer of the issuer belongs to no request of this tab.');
    if (answer.has('iss') && answer.get('iss') !== this.#settings.issuer)
      throw new SignInError('Another issuer answered.');
    const error = answer.get('error');
    if (error !== null)
      throw new SignInError(
        `The issuer refused: ${answer.get('error_description') ?? error}`.slice(0, 500),
      );
    const document = await this.#requestTokens({
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: this.#ports.redirectUri,
      code_verifier: pending.verifier,
    });
    if (document === undefined) throw new SignInError('The issuer did not accept its own code.');
    const claims = claimsOf(textAt(document, 'id_token'));
    if (
      claims?.nonce !== pending.nonce ||
      claims.iss !== this.#settings.issuer ||
      ![claims.aud].flat().includes(this.#settings.clientId)
    )
      throw new SignInError('The identity in the answer of the issuer is not for this page.');
    this.#tokens = this.#tokensIn(document);
    return pending.returnTo;
  }

  /** The token for the API, renewed if it expires soon; undefined: the user has to sign in. */
  async token(): Promise<string | undefined> {
    const tokens = this.#tokens;
    if (tokens === undefined) return undefined;
    if (tokens.expiresAt - this.#ports.now() > RENEW_BEFORE_MS) return tokens.token;
    // One request at a time: the issuer accepts each refresh token once.
    this.#renewal ??= this.#renew(tokens).finally(() => {
      this.#renewal = undefined;
    });
    return (await this.#renewal)?.token;
  }

  /** Ends the session here and, if it has an address for that, at the issuer. */
  async signOut(): Promise<void> {
    const idToken = this.#tokens?.idToken;
    this.#tokens = undefined;
    const { endSession } = await this.#discover();
    if (endSession === undefined) return;
    const url = new URL(endSession);
    url.searchParams.set('client_id', this.#settings.clientId);
    url.searchParams.set('post_logout_redirect_uri', this.#ports.redirectUri);
    if (idToken !== undefined) url.searchParams.set('id_token_hint', idToken);
    this.#ports.navigate(url.href);
  }

  async #renew(tokens: Tokens): Promise<Tokens | undefined> {
    const { refreshToken } = tokens;
    const document =
      refreshToken === undefined
        ? undefined
        : await this.#requestTokens({ grant_type: 'refresh_token', refresh_token: refreshToken });
    const renewed = document === undefined ? undefined : this.#tokensIn(document, tokens);
    // The session may have been closed in the meantime.
    if (this.#tokens === tokens) this.#tokens = renewed;
    return this.#tokens;
  }

  /** @returns undefined if the issuer refused */
  async #requestTokens(parameters: Readonly<Record<string, string>>): Promise<object | undefined> {
    const { token } = await this.#discover();
    const response = await this.#request(token, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ ...parameters, client_id: this.#settings.clientId }).toString(),
    });
    return response.ok ? await documentIn(response) : undefined;
  }

  #tokensIn(document: object, previous?: Tokens): Tokens {
    const idToken = textAt(document, 'id_token') ?? previous?.idToken;
    const usesIdToken = this.#settings.token === 'id';
    const token = usesIdToken ? textAt(document, 'id_token') : textAt(document, 'access_token');
    if (token === undefined)
      throw new SignInError(`The issuer gave no ${usesIdToken ? 'id' : 'access'} token.`);
    const expiry = usesIdToken ? claimsOf(token)?.exp : undefined;
    const lifetime: unknown = Reflect.get(document, 'expires_in');
    const seconds = Number(lifetime ?? DEFAULT_LIFETIME_SECONDS);
    return {
      token,
      idToken,
      refreshToken: textAt(document, 'refresh_token') ?? previous?.refreshToken,
      expiresAt:
        typeof expiry === 'number'
          ? expiry * 1000
          : this.#ports.now() + (seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS) * 1000,
    };
  }

  #discover(): Promise<Endpoints> {
    this.#endpoints ??= this.#readEndpoints().catch((error: unknown) => {
      this.#endpoints = undefined;
      throw error;
    });
    return this.#endpoints;
  }

  async #readEndpoints(): Promise<Endpoints> {
    const { issuer } = this.#settings;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await this.#request(url);
    const document = response.ok ? await documentIn(response) : {};
    const [authorization, token, endSession] = [
      httpsAt(document, 'authorization_endpoint'),
      httpsAt(document, 'token_endpoint'),
      httpsAt(document, 'end_session_endpoint'),
    ];
    if (textAt(document, 'issuer') !== issuer || authorization === undefined || token === undefined)
      throw new SignInError(`${url} does not describe the issuer ${issuer}.`);
    return { authorization, token, endSession };
  }

  async #request(url: string, init?: RequestInit): Promise<Response> {
    try {
      return await this.#ports.fetch(url, { ...init, redirect: 'error', credentials: 'omit' });
    } catch {
      throw new SignInError(
        `There is no answer from ${new URL(url).origin}. The issuer must accept requests of this page (CORS), and its origin be one of the client's.`,
      );
    }
  }

  /** Rule 1. */
  #takePending(): Pending | undefined {
    const text = this.#ports.storage.getItem(PENDING_KEY);
    this.#ports.storage.removeItem(PENDING_KEY);
    const document = text === null ? undefined : parsed(text);
    if (document === undefined) return undefined;
    const [verifier, state, nonce] = [
      textAt(document, 'verifier'),
      textAt(document, 'state'),
      textAt(document, 'nonce'),
    ];
    if (verifier === undefined || state === undefined || nonce === undefined) return undefined;
    return { verifier, state, nonce, returnTo: textAt(document, 'returnTo') ?? '' };
  }
}

interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly returnTo: string;
}

interface Claims {
  readonly iss: unknown;
  readonly aud: unknown;
  readonly nonce: unknown;
  readonly exp: unknown;
}

/**
 * The claims of a token that came from the issuer's own endpoint over HTTPS, which needs no other
 * proof. The API checks signatures.
 */
function claimsOf(token: string | undefined): Claims | undefined {
  const payload = token?.split('.')[1];
  if (payload === undefined) return undefined;
  let text: string;
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (each) =>
      each.charCodeAt(0),
    );
    text = new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
  const document = parsed(text);
  if (document === undefined) return undefined;
  const at = (name: string): unknown => Reflect.get(document, name);
  return { iss: at('iss'), aud: at('aud'), nonce: at('nonce'), exp: at('exp') };
}

const randomText = (): string => base64Url(crypto.getRandomValues(new Uint8Array(32)));

async function challengeOf(verifier: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return base64Url(new Uint8Array(hash));
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

async function documentIn(response: Response): Promise<object> {
  return parsed(await response.text()) ?? {};
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function textAt(document: object, name: string): string | undefined {
  const value: unknown = Reflect.get(document, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function httpsAt(document: object, name: string): string | undefined {
  const value = textAt(document, name);
  return value !== undefined && URL.canParse(value) && new URL(value).protocol === 'https:'
    ? value
    : undefined;
}
