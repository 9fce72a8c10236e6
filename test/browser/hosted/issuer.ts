/**
 * An issuer of tokens on this machine: `oidc-provider` with one public client and one account, which
 * signs in by a button.
 *
 * @module
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import Provider, { type Grant } from 'oidc-provider';
import type { Certificate } from './certificate.ts';

export const CLIENT = 'the-console';
export const AUDIENCE = 'headrace';
const ACCOUNT = 'ada';
const RESOURCE = 'urn:headrace:api';

export interface Issuer {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** Requests for tokens that were answered, by their grant. */
  readonly grants: readonly string[];
  /** Makes all refresh tokens worthless. The session of the browser at the issuer stays. */
  revokeGrants(): Promise<void>;
  /** The next request to sign in is refused. */
  refuseNext(): void;
  close(): Promise<void>;
}

export interface IssuerOptions {
  readonly certificate: Certificate;
  /** The addresses of the page to which the issuer returns browsers. */
  readonly redirectUri: string;
  /** Seconds until an access token expires. */
  readonly lifetime: () => number;
}

export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  const { certificate, redirectUri, lifetime } = options;
  const server = createServer({ ...certificate }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `https://127.0.0.1:${port}`;
  const saved: Grant[] = [];
  const grants: string[] = [];
  let isRefusing = false;
  const provider: Provider = new Provider(url, {
    clients: [
      {
        client_id: CLIENT,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    cookies: { keys: ['a key of the tests'] },
    clientBasedCORS: () => true,
    issueRefreshToken: async () => true,
    ttl: {
      AccessToken: lifetime,
      IdToken: 600,
      RefreshToken: 600,
      Grant: 600,
      Session: 600,
      Interaction: 600,
    },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId }),
    }),
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'api',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: lifetime(),
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context: { body: string }, form: string) => {
          context.body = page(
            `${form}<button form="op.logoutForm" name="logout" value="yes">End the session</button>`,
          );
        },
      },
    },
    interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/sign-in/${uid}` },
    loadExistingGrant: async ({
      oidc,
    }: {
      readonly oidc: { readonly session: { readonly accountId: string } };
    }) => {
      const { accountId } = oidc.session;
      const grant = new provider.Grant({ accountId, clientId: CLIENT });
      grant.addOIDCScope('openid');
      grant.addResourceScope(RESOURCE, 'api');
      await grant.save();
      saved.push(grant);
      return grant;
    },
  });
  provider.on('grant.success', (context: { oidc: { params: { grant_type: string } } }) => {
    grants.push(context.oidc.params.grant_type);
  });
  const answer = provider.callback();
  /** The page on which the account signs in. */
  const signIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (isRefusing) {
      isRefusing = false;
      const error = { error: 'access_denied', error_description: 'Ada has no access today.' };
      await provider.interactionFinished(request, response, error);
    } else if (request.method === 'POST')
      await provider.interactionFinished(request, response, { login: { accountId: ACCOUNT } });
    else
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(page(`<form method="post"><button>Sign in as ${ACCOUNT}</button></form>`));
  };
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/sign-in/') !== true) answer(request, response);
    else
      signIn(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
  });
  return {
    url,
    grants,
    revokeGrants: async () => {
      for (const grant of saved.splice(0)) await grant.destroy();
    },
    refuseNext: () => {
      isRefusing = true;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const page = (body: string): string =>
  `<!doctype html><title>Issuer</title><link rel="icon" href="data:,">${body}`;
