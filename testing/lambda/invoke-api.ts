/**
 * Lambda's `Invoke` over REST, as the SDK sends it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import {
  type Invocation,
  type InvocationRequest,
  MAX_EVENT_BYTES,
  MAX_REQUEST_BYTES,
  RefusedError,
  requirePayloadWithin,
  ThrottledError,
} from './invocation.ts';

export interface Invoker {
  invoke(name: string, request: InvocationRequest): Promise<Invocation>;
  invokeLater(name: string, request: InvocationRequest): Promise<void>;
}

export interface InvokeRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const TAIL_BYTES = 4096;

export async function answerInvoke(
  invoker: Invoker,
  { path, headers, body }: InvokeRequest,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, extra: Readonly<Record<string, string>>, text: string) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-amzn-requestid': randomUUID(),
      ...extra,
    });
    response.end(text);
  };
  try {
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/u.exec(path) ?? [];
    if (name === undefined)
      throw new RefusedError('ResourceNotFoundException', 404, `there is no path ${path}`);
    const isEvent = headers['x-amz-invocation-type'] === 'Event';
    requirePayloadWithin(body, isEvent ? MAX_EVENT_BYTES : MAX_REQUEST_BYTES);
    const payload = readPayload(body);
    const tenant = headers['x-amz-tenant-id'];
    const trace = headers['x-amzn-trace-id'];
    const request = {
      payload,
      ...(typeof tenant === 'string' && { tenant }),
      ...(typeof trace === 'string' && { trace }),
    };
    switch (headers['x-amz-invocation-type'] ?? 'RequestResponse') {
      case 'DryRun':
        return send(204, {}, '');
      case 'Event':
        invoker.invokeLater(decodeURIComponent(name), request).catch(() => undefined);
        return send(202, {}, '');
      default: {
        const {
          status,
          payload: answer,
          logs,
          requestId,
        } = await invoker.invoke(decodeURIComponent(name), request);
        const tail = Buffer.from(logs.join('\n')).subarray(-TAIL_BYTES).toString('base64');
        return send(
          200,
          {
            'x-amzn-requestid': requestId,
            'x-amz-executed-version': '$LATEST',
            ...(status !== 'success' && { 'x-amz-function-error': 'Unhandled' }),
            ...(headers['x-amz-log-type'] === 'Tail' && { 'x-amz-log-result': tail }),
          },
          answer,
        );
      }
    }
  } catch (error) {
    if (error instanceof ThrottledError) {
      return send(
        429,
        { 'x-amzn-errortype': 'TooManyRequestsException' },
        JSON.stringify({ Reason: error.reason, Type: 'User', message: error.message }),
      );
    }
    if (error instanceof RefusedError) {
      return send(
        error.httpStatus,
        { 'x-amzn-errortype': error.type },
        JSON.stringify({ Type: 'User', message: error.message }),
      );
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return send(
      500,
      { 'x-amzn-errortype': 'ServiceException' },
      JSON.stringify({ Type: 'Service', message }),
    );
  }
}

/** @throws RefusedError */
function readPayload(body: string): string {
  const text = body === '' ? '{}' : body;
  try {
    JSON.parse(text);
  } catch {
    throw new RefusedError(
      'InvalidRequestContentException',
      400,
      'Could not parse request body into json',
    );
  }
  return text;
}
