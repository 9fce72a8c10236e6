/**
 * The API Gateway of the simulated deployment: converts an HTTP request to a proxy event, and the
 * function's result to an HTTP response.
 *
 * @module
 */
import { z } from 'zod';
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from '../../../../testing/lambda/invocation.ts';
import type { AwsRequest } from '../calls.ts';
import type { Answer } from '../services/answer.ts';
import type { Instances } from './instances.ts';

const proxySchema = z.looseObject({
  statusCode: z.int(),
  body: z.string().default(''),
  headers: z.record(z.string(), z.string()).default({}),
});

/** Invokes the `api` function. `stage` is the path prefix that the function does not receive. */
export async function invokeApi(
  instances: Instances,
  { method, url, headers, body }: AwsRequest,
  stage: string,
): Promise<Answer> {
  const { pathname, searchParams } = new URL(url, 'http://api');
  const path = pathname.slice(stage.length);
  const event = {
    httpMethod: method,
    path,
    resource: '/{proxy+}',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value)]),
    ),
    queryStringParameters: Object.fromEntries(searchParams),
    body: body.length === 0 ? null : body.toString(),
    isBase64Encoded: false,
    requestContext: { resourcePath: '/{proxy+}', path, identity: {}, httpMethod: method },
  };
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_REQUEST_BYTES)
    return refusal(413, 'Request Too Long');
  const result = await instances.invoke('api', event);
  const answer = result?.ok === true ? proxySchema.safeParse(result.value) : undefined;
  if (
    answer?.success !== true ||
    Buffer.byteLength(JSON.stringify(answer.data)) > MAX_RESPONSE_BYTES
  )
    return refusal(502, 'Internal server error');
  return {
    status: answer.data.statusCode,
    headers: answer.data.headers,
    body: Buffer.from(answer.data.body),
  };
}

const refusal = (status: number, message: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ message })),
});
