/**
 * The REST API in front of a function: converts requests to proxy events. Every caller is admitted.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { RUN_TOKEN_RESOURCE } from '../../../src/aws/deployment/resource-names.ts';
import { bodyOf, listen } from '../../../testing/http-server.ts';
import { MAX_REQUEST_BYTES } from '../../../testing/lambda/invocation.ts';

const STAGE = 'live';
/** API Gateway's limit of the bodies of requests and responses. */
const MAX_BODY_BYTES = 10 * 2 ** 20;
const answerSchema = z.looseObject({
  statusCode: z.int(),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
  headers: z.record(z.string(), z.string()).default({}),
  multiValueHeaders: z.record(z.string(), z.array(z.string())).default({}),
});

export interface RestApi {
  /** Like the stack's output: clients append `/v1/…`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Invokes the API's function: the host's functions, or another implementation. */
export interface Invocable {
  invoke(
    name: string,
    request: { readonly payload: string },
  ): Promise<{ readonly status: string; readonly payload: string }>;
}

export async function startRestApi(functions: Invocable, functionName: string): Promise<RestApi> {
  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const refuse = (status: number, message: string) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message }));
    };
    const event = JSON.stringify(proxyEvent(incoming, body));
    if (body.length > MAX_BODY_BYTES || Buffer.byteLength(event) > MAX_REQUEST_BYTES)
      return refuse(413, 'Request Too Long');
    const { status, payload } = await functions.invoke(functionName, {
      payload: event,
    });
    const answer = status === 'success' ? answerSchema.safeParse(JSON.parse(payload)) : undefined;
    if (answer?.success !== true) return refuse(502, 'Internal server error');
    const { statusCode, headers, multiValueHeaders, body: text, isBase64Encoded } = answer.data;
    const content = Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8');
    if (content.length > MAX_BODY_BYTES) return refuse(500, 'Internal server error');
    response.writeHead(statusCode, { ...headers, ...multiValueHeaders });
    response.end(content);
  }

  const server = await listen((incoming, response) => {
    serve(incoming, response).catch(() => incoming.destroy());
  });
  return { endpoint: `http://${server.address}/${STAGE}`, stop: () => server.close() };
}

function proxyEvent({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer) {
  const { pathname, searchParams } = new URL(url, 'http://api');
  const path = pathname.slice(STAGE.length + 1);
  const resource = path.startsWith(`${RUN_TOKEN_RESOURCE}/`)
    ? `${RUN_TOKEN_RESOURCE}/{proxy+}`
    : '/{proxy+}';
  const several = Object.entries(headers).map(
    ([name, value]) => [name, [value ?? ''].flat()] as const,
  );
  const last = (pairs: readonly (readonly [string, readonly string[]])[]) =>
    Object.fromEntries(pairs.map(([name, values]) => [name, values.at(-1) ?? '']));
  const query = [...new Set(searchParams.keys())].map(
    (name) => [name, searchParams.getAll(name)] as const,
  );
  const requestId = randomUUID();
  return {
    resource,
    path,
    httpMethod: method,
    headers: last(several),
    multiValueHeaders: Object.fromEntries(several),
    queryStringParameters: query.length === 0 ? null : last(query),
    multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      resourcePath: resource,
      path: pathname,
      httpMethod: method,
      stage: STAGE,
      requestId,
      identity: { sourceIp: '127.0.0.1' },
    },
    body: body.length === 0 ? null : body.toString(),
    isBase64Encoded: false,
  };
}
