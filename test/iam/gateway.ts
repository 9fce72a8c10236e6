/**
 * Between every client and the account: writes down who asked for what, and judges each request by the policies of the role that signed it.
 *
 * 1. Where the emulator enforces policies it answers first, and the judgement here is written down beside its own: a test compares the two.
 * 2. What the emulator let through and the policies do not allow is refused here, as AWS would.
 * 3. AWS Batch and Lambda's invocations are answered by who stands in for them, after the emulator had its say.
 *
 * @module
 */
import { createServer, type IncomingMessage, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Fakecloud } from './fakecloud.ts';
import { type AccessCheck, type Verdict, verdictOf } from './policy.ts';
import { type Operation, type AwsRequest, operationOf, type AccountLocation, signerOf } from './questions.ts';
import type { StackRole } from './stack.ts';

export interface Recorded extends Operation {
  /** Id of the role, as the template has it. */
  readonly role: string;
  readonly verdicts: readonly Verdict[];
  /** Whether the emulator refused it for want of a permission; undefined where the emulator does not judge. */
  readonly refused: boolean | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface GatewayOptions {
  /** Answers a service that the emulator does not have; undefined: the emulator answers. */
  readonly standIn: (service: string, request: AwsRequest) => Promise<Answer> | undefined;
}

export interface Gateway {
  readonly url: string;
  readonly recorded: readonly Recorded[];
  /** From now on: who signs by which key, and with which emulator behind. */
  open(cloud: Fakecloud, place: AccountLocation, roles: ReadonlyMap<string, StackRole>): void;
  stop(): Promise<void>;
}

export async function startGateway({ standIn }: GatewayOptions): Promise<Gateway> {
  const recorded: Recorded[] = [];
  let behind:
    | {
        readonly cloud: Fakecloud;
        readonly place: AccountLocation;
        readonly roles: ReadonlyMap<string, StackRole>;
      }
    | undefined;

  async function answer(request: AwsRequest): Promise<Answer> {
    if (behind === undefined) throw new Error('the gateway is not open yet');
    const { cloud, place, roles } = behind;
    const signer = signerOf(request);
    const role = signer === undefined ? undefined : roles.get(signer.key);
    if (signer === undefined || role === undefined) return await forward(cloud, request);

    const asked = operationOf(request, signer.service, place);
    const verdicts = asked.checks.map((question) => verdictOf(role.statements, question));
    const said = cloud.enforced.has(signer.service) ? await forward(cloud, request) : undefined;
    const refused = said === undefined ? undefined : isRefusal(request, said);
    recorded.push({ ...asked, role: role.id, verdicts, refused });
    if (said !== undefined && refused === true) return said;
    const at = verdicts.findIndex((verdict) => verdict !== 'allowed');
    if (at >= 0) return refusal(signer.service, role, asked.checks[at]);
    return (await standIn(signer.service, request)) ?? said ?? (await forward(cloud, request));
  }

  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    try {
      const { status, headers, body } = await answer(request);
      const { 'transfer-encoding': _, connection: __, ...kept } = headers;
      response.writeHead(status, {
        ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
        'content-length': lengthOf(request, kept, body),
      });
      response.end(body);
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
    open: (cloud, place, roles) => {
      behind = { cloud, place, roles };
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

/** The answer to a HEAD says how long the body would be. */
const lengthOf = ({ method }: AwsRequest, headers: Answer['headers'], body: Buffer): string =>
  method === 'HEAD' ? String(headers['content-length'] ?? 0) : String(body.byteLength);

/** As it came, the host that was signed included. */
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

/** A HEAD has no body that would say why; the emulator refuses a HEAD for no other reason. */
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
