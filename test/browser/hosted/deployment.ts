/**
 * A deployment that serves its console: the deployed functions of the console and the authorizer
 * behind a server that does what API Gateway does, and an API of `headrace dev`.
 *
 * 1. Files of the console need no token. Every other request has one that the authorizer allows.
 * 2. The page is below a stage, as in AWS.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CONSOLE_FOLDER, SETTINGS_FILE } from '../../../src/aws/deployment/settings.ts';
import { bodyOf } from '../../../testing/http-server.ts';
import { type RunningFunction, startFunction } from '../../iam/functions.ts';
import { seedEveryStatus } from '../seeds/homes.ts';
import { type DevServer, homeOf, homeToken, startDevServer } from '../support/dev-server.ts';
import { selfSignedCertificate } from './certificate.ts';
import { AUDIENCE, CLIENT, type Issuer, startIssuer } from './issuer.ts';

export interface HostedDeployment {
  readonly origin: string;
  /** `https://127.0.0.1:<port>/live/console/` */
  readonly console: string;
  readonly issuer: Issuer;
  /** Seconds until an access token of the issuer expires. Change it to have others. */
  lifetime: number;
}

const STAGE = '/live';

/** Starts all of it, and stops it after `use`. */
export async function serveHosted(
  use: (deployment: HostedDeployment) => Promise<void>,
): Promise<void> {
  execFileSync(process.execPath, ['scripts/lambda.mjs'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'headrace-hosted-'));
  const certificate = selfSignedCertificate();
  const server = createServer({ ...certificate }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const origin = `https://127.0.0.1:${port}`;
  const deployment = { origin, console: `${origin}${STAGE}/console/`, lifetime: 600 };
  const issuer = await startIssuer({
    certificate,
    redirectUri: `${deployment.console}signed-in`,
    lifetime: () => deployment.lifetime,
  });
  await mkdir(homeOf(folder), { recursive: true, mode: 0o700 });
  await seedEveryStatus(homeOf(folder));
  const api = await startDevServer(folder, homeOf(folder));
  await writeFile(join(folder, 'certificate.pem'), certificate.cert);
  const start = (name: string, settings: object) =>
    startBundle(folder, name, settings, {
      NODE_EXTRA_CA_CERTS: join(folder, 'certificate.pem'),
    });
  const console = await start('console', {
    config: {
      signIn: 'oidc',
      issuer: issuer.url,
      clientId: CLIENT,
      scopes: ['openid', 'api'],
      audience: AUDIENCE,
      token: 'access',
    },
    issuerOrigins: [issuer.url],
  });
  const authorizer = await start('authorizer', { issuer: issuer.url, audience: [AUDIENCE] });
  const token = await homeToken(api);
  server.on('request', (request, response) => {
    answer(request, response, { console, authorizer, api, token }).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  try {
    await use(Object.assign(deployment, { issuer }));
  } finally {
    for (const each of [console, authorizer]) each.stop();
    await api.close();
    await issuer.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A function with its settings, as the stack deploys it. */
async function startBundle(
  folder: string,
  name: string,
  settings: object,
  environment: Readonly<Record<string, string>>,
): Promise<RunningFunction> {
  const bundle = join(folder, name);
  await cp(join('dist/lambda', name), bundle, { recursive: true });
  if (name === 'console')
    await cp('dist/console', join(bundle, CONSOLE_FOLDER), { recursive: true });
  await writeFile(join(bundle, SETTINGS_FILE), JSON.stringify(settings));
  const credentials = { accessKeyId: '', secretAccessKey: '', sessionToken: '' };
  return await startFunction({ name, bundle }, environment, credentials);
}

const pageSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

interface Parts {
  readonly console: RunningFunction;
  readonly authorizer: RunningFunction;
  readonly api: DevServer;
  readonly token: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { console, authorizer, api, token }: Parts,
): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'https://gateway');
  const refuse = (status: number, message: string) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ message }));
  if (!pathname.startsWith(`${STAGE}/`)) return void refuse(403, 'Forbidden');
  const path = pathname.slice(STAGE.length);
  const [, proxy] = /^\/console(?:\/(.*))?$/u.exec(path) ?? [];
  if (path === '/console' || proxy !== undefined) {
    const { statusCode, headers, body } = pageSchema.parse(
      await console.invoke({
        pathParameters: proxy === undefined || proxy === '' ? null : { proxy },
        headers: request.headers,
        requestContext: { path: pathname },
      }),
    );
    return void response.writeHead(statusCode, headers).end(body);
  }
  const isAllowed = await authorizer
    .invoke({
      authorizationToken: request.headers.authorization,
      methodArn: 'arn:aws:execute-api:eu-west-1:123456789012:abc/live/GET/v1',
    })
    .then(
      () => true,
      () => false,
    );
  if (!isAllowed) return void refuse(401, 'Unauthorized');
  const { host: _, connection: __, ...headers } = request.headers;
  const passed = new Headers({ authorization: `Bearer ${token}` });
  for (const name of ['accept', 'content-type', 'if-none-match'])
    if (typeof headers[name] === 'string') passed.set(name, headers[name]);
  const body = await bodyOf(request);
  const answered = await fetch(`${api.origin}${path}${search}`, {
    method: request.method ?? 'GET',
    headers: passed,
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
  const content = Buffer.from(await answered.arrayBuffer());
  response
    .writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' })
    .end(content);
}
