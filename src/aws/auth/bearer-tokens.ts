/**
 * Verifies bearer tokens of an OIDC issuer, for an API that does not use IAM.
 *
 * @module
 */
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { z } from 'zod';
import { HeadraceError } from '../../model/headrace-error.ts';
import { requiredClaimsSchema } from '../../model/required-claims.ts';
import { readSettingsFile } from '../deployment/settings.ts';
import { requireClaims } from './claims.ts';

const oidcSchema = z.strictObject({
  issuer: z.url(),
  audience: z.array(z.string().min(1)).min(1),
  claims: requiredClaimsSchema.default({}),
});
export type OidcSettings = z.input<typeof oidcSchema>;

/** @throws Error if the settings of the authorizer are missing, or do not match the schema */
export const readOidcSettings = (settings: object = readSettingsFile()): OidcSettings =>
  oidcSchema.parse(settings);

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url() });

export interface VerifiedToken {
  readonly subject: string;
  /** How the issuer calls the subject in views; undefined if the token does not state it. */
  readonly name: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Rejects tokens of another issuer or audience, expired tokens, tokens without expiry, tokens
 * without a signature of the issuer's keys, and tokens without the required claims.
 */
export type VerifyToken = (token: string) => Promise<VerifiedToken>;

/**
 * Requests the address of the issuer's keys once. The keys are fetched when they are needed, and
 * cached.
 */
export async function createTokenVerifier({
  issuer,
  audience,
  claims = {},
}: OidcSettings): Promise<VerifyToken> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(KEYS_TIMEOUT_MS),
  });
  if (!response.ok)
    throw new Error(
      `the discovery document of the issuer ${issuer} is not available: the response was ${response.status}`,
    );
  const discovered = discoverySchema.parse(await response.json());
  if (discovered.issuer !== issuer)
    throw new Error(
      `the discovery document of the issuer ${issuer} names another issuer: ${discovered.issuer}`,
    );
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: (url) => fetchKeys(url) } });
  const verifier = JwtVerifier.create(
    { issuer, audience: [...audience], jwksUri: discovered.jwks_uri },
    { jwksCache },
  );
  return async (token) => {
    const payload = await verifier.verify(token);
    const { sub, exp } = payload;
    // The verifier accepts a token without expiry, which would give access for ever to anyone who
    // obtains it.
    if (exp === undefined) throw new TokenWithoutExpiryError();
    requireClaims(payload, claims);
    return { subject: sub ?? 'unknown', name: nameIn(payload), expiresAt: exp };
  };
}

/** An address that the issuer did not verify names no one. */
const namesSchema = z
  .object({
    email: z.string().min(1).optional(),
    email_verified: z.unknown(),
    preferred_username: z.string().min(1).optional(),
    username: z.string().min(1).optional(),
  })
  .partial();

function nameIn(payload: object): string | undefined {
  const { data } = namesSchema.safeParse(payload);
  const email = data?.email_verified === false ? undefined : data?.email;
  return email ?? data?.preferred_username ?? data?.username;
}

/** The issuer signed a token without expiry. */
export class TokenWithoutExpiryError extends HeadraceError {
  constructor() {
    super('the token has no expiry: the claim exp is missing');
  }
}

const KEYS_TIMEOUT_MS = 5000;

async function fetchKeys(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(KEYS_TIMEOUT_MS) });
  if (!response.ok)
    throw new Error(`the keys at ${url} cannot be read: the response was ${response.status}`);
  return await response.arrayBuffer();
}
