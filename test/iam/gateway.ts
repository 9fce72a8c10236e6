/**
 * The gateway between all clients and the account: records every request, and judges it by the
 * policies of the role that signed it.
 *
 * 1. Where the emulator enforces policies, it responds first. The gateway records its own verdict
 *    as well, and a test compares the two.
 * 2. A request that the emulator allows and the policies do not allow is rejected by the gateway,
 *    as AWS would reject it.
 * 3. Stand-ins respond for AWS Batch and for Lambda's invocations, after the emulator.
 *
 * @module
 */
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Fakecloud } from './fakecloud.ts';
import type { AccountLocation, AwsRequest, Operation } from './operation.ts';
import { operationOf, signerOf } from './operations.ts';
import { type AccessCheck, type Verdict, verdictOf } from './policy.ts';
import type { StackRole } from './stack.ts';

export interface Recorded extends Operation {
  /** The id of the role in the template. */
  readonly role: string;
  readonly verdicts: readonly Verdict[];
  /**
   * Whether the emulator rejected it because a permission is missing; undefined if the emulator
   * does not enforce policies of this service.
   */
  readonly refused: boolean | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface GatewayOptions {
  /** Responds for a service that the emulator does not have; undefined: the emulator responds. */
  readonly standIn: (service: string, request: AwsRequest) => Promise<Answer> | undefined;
}

export interface Gateway {
  readonly url: string;
  readonly recorded: readonly Recorded[];
  /** Opens the gateway: sets the emulator target it, and the roles by access key. */
  open(cloud: Fakecloud, location: AccountLocation, roles: ReadonlyMap<string, StackRole>): void;
  stop(): Promise<void>;
}

export async function startGateway({ standIn }: GatewayOptions): Promise<Gateway> {
  const recorded: Recorded[] = [];
  let target:
    | {
        readonly cloud: Fakecloud;
        readonly location: AccountLocation;
        readonly roles: ReadonlyMap<string, StackRole>;
      }
    | undefined;

  async function answer(request: AwsRequest): Promise<Answer> {
    if (target === undefined) throw new Error('the gateway is not open yet');
    const { cloud, location, roles } = target;
    const signer = signerOf(request);
    const role = signer === undefined ? undefined : roles.get(signer.key);
    if (signer === undefined || role === undefined) return await forward(cloud, request);

    const operation = operationOf(request, signer.service, location);
    const verdicts = operation.checks.map((check) => verdictOf(role.statements, check));
    const response = cloud.enforced.has(signer.service) ? await forward(cloud, request) : undefined;
    const refused = response === undefined ? undefined : isRefusal(request, response);
    recorded.push({ ...operation, role: role.id, verdicts, refused });
    if (response !== undefined && refused === true) return response;
    const at = verdicts.findIndex((verdict) => verdict !== 'allowed');
    if (at >= 0) return refusal(signer.service, role, operation.checks[at]);
    return (await standIn(signer.service, request)) ?? response ?? (await forward(cloud, request));
  }

  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    try {
      respond(response, request, await answer(request));
    } catch (error) {
      const text = JSON.stringify({
        __type: 'InternalFailure',
        message: `the gateway: ${error instanceof Error ? error.stack : error}`,
      });
      response.writeHead(500, { 'content-type': 'application/json' }).end(text);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    recorded,
    open: (cloud, location, roles) => {
      target = { cloud, location, roles };
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(incoming: IncomingMessage): Promise<AwsRequest> {
  return {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    headers: incoming.headers,
    body: await buffer(incoming),
  };
}

function respond(
  response: ServerResponse,
  request: AwsRequest,
  { status, headers, body }: Answer,
): void {
  const { 'transfer-encoding': _, connection: __, ...forwarded } = headers;
  response.writeHead(status, {
    ...Object.fromEntries(Object.entries(forwarded).filter(([, value]) => value !== undefined)),
    'content-length': lengthOf(request, forwarded, body),
  });
  response.end(body);
}

/** The response to a HEAD request contains the length that the body would have. */
const lengthOf = ({ method }: AwsRequest, headers: Answer['headers'], body: Buffer): string =>
  method === 'HEAD' ? String(headers['content-length'] ?? 0) : String(body.byteLength);

/** Forwards the request unchanged, with the host that was signed. */
function forward(
  { endpoint }: { readonly endpoint: string },
  { method, url, headers, body }: AwsRequest,
): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const outgoing = send(
      { hostname, port, method, path: url, headers: { ...plain(headers), connection: 'close' } },
      async (answer) => {
        try {
          resolve({
            status: answer.statusCode ?? 500,
            headers: answer.headers,
            body: await buffer(answer),
          });
        } catch (error) {
          reject(error);
        }
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const plain = (headers: AwsRequest['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );

export const forwardTo = (endpoint: string, request: AwsRequest): Promise<Answer> =>
  forward({ endpoint }, request);

/**
 * The response to a HEAD request has no body with a reason. The emulator rejects it with 403 for no
 * other reason.
 */
const isRefusal = ({ method }: AwsRequest, { status, body }: Answer): boolean =>
  (status === 403 || status === 400) &&
  (method === 'HEAD' ? status === 403 : /AccessDenied/.test(body.toString('utf8')));

function refusal(
  service: string,
  { name }: StackRole,
  { action, resource }: AccessCheck = { action: '', resource: '' },
): Answer {
  const message = `User: assumed-role/${name} is not authorized to perform: ${action} on resource: ${resource}`;
  if (service === 's3') {
    const body = Buffer.from(
      `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`,
    );
    return { status: 403, headers: { 'content-type': 'application/xml' }, body };
  }
  return {
    status: 403,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-errortype': 'AccessDeniedException',
    },
    body: Buffer.from(JSON.stringify({ __type: 'AccessDeniedException', message })),
  };
}
