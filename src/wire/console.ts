/**
 * Documents that a server of the web console exchanges with its page, below `/console/`. They are
 * no part of the API.
 *
 * @module
 */
import { z } from 'zod';

/**
 * `GET /console/config.json`: how the page signs in. It holds no secret, and needs no session.
 *
 * `code`: a server on this machine (`headrace dev`, `headrace console`). The page exchanges the
 * one-time code of its address (`#code=…`) for a session token. `oidc`: a deployment. The page
 * gets a token from the issuer (authorization code with PKCE).
 */
export const consoleConfigSchema = z.discriminatedUnion('signIn', [
  z.object({
    signIn: z.literal('code'),
    /** The command that prints a new link, as in `headrace open`. */
    command: z.string(),
    /** What the server serves: the home of `headrace dev`, or an API behind `headrace console`. */
    serves: z.enum(['home', 'api']),
    /** The profile or the endpoint of `headrace console`, as its user named it. */
    target: z.string().optional(),
    /** Only GET and HEAD pass. The page disables its actions. */
    readOnly: z.boolean(),
  }),
  z.object({
    signIn: z.literal('oidc'),
    issuer: z.string(),
    clientId: z.string(),
    /** The scopes that the page requests, `openid` among them. */
    scopes: z.array(z.string()),
    /** The audience that the API accepts, for issuers that require it in the request. */
    audience: z.string(),
    /** Which token of the issuer the API accepts. */
    token: z.enum(['access', 'id']),
  }),
]);
export type ConsoleConfig = z.infer<typeof consoleConfigSchema>;

/** The body of `POST /console/session`. */
export const openSessionSchema = z.strictObject({ code: z.string().min(1).max(200) });

/**
 * The answer of `POST /console/session`. The page sends the token with each request to the API, as
 * in `Authorization: Bearer <token>`, until `DELETE /console/session` or the end of the server.
 */
export const sessionSchema = z.object({ token: z.string() });
export type SessionDocument = z.infer<typeof sessionSchema>;

/** The answer of `POST /console/code`, which commands of the same home request. */
export const signInCodeSchema = z.object({ code: z.string(), expiresInSeconds: z.int() });

/**
 * Problem types of a server of the console.
 *
 * `session-ended` (401): the session token is unknown, because the server started again or the
 * session was closed: the page removes it, and names the command of its configuration.
 * `code-refused` (403): the code is unknown, was used, or is older than a minute.
 * `credentials-refused` (401): `headrace console` has a session, and the API refused its user's
 * credentials. The detail names the remedy; the session is still valid.
 */
export const CONSOLE_PROBLEMS = {
  sessionEnded: 'urn:headrace:problem:session-ended',
  codeRefused: 'urn:headrace:problem:code-refused',
  credentialsRefused: 'urn:headrace:problem:credentials-refused',
} as const;
