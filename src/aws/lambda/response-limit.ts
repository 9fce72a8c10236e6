/**
 * The last check of a response's size. A list ends its page before the limit; this is for a single
 * document that has no room.
 *
 * @module
 */
import { jsonBytes, LAMBDA_RESPONSE_BYTES } from '../../model/service-limits.ts';

interface ProxyResult {
  readonly statusCode: number;
  readonly body: string;
}

/** The most bytes that a character of a body needs in the JSON of the result. */
const MAX_BYTES_PER_CHARACTER = 6;

/**
 * The result, or a problem document in its place. Without it, API Gateway would answer 502 without
 * a reason.
 */
export function limitResponse<R extends ProxyResult>(
  result: R,
  onTooLarge: (bytes: number) => void,
): R | (ProxyResult & { readonly headers: Readonly<Record<string, string>> }) {
  if (result.body.length < LAMBDA_RESPONSE_BYTES / MAX_BYTES_PER_CHARACTER) return result;
  const bytes = jsonBytes(result);
  if (bytes <= LAMBDA_RESPONSE_BYTES) return result;
  onTooLarge(bytes);
  return {
    statusCode: 500,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: JSON.stringify({
      type: 'urn:headrace:problem:internal',
      title: 'Internal error',
      status: 500,
      detail: `the response has ${bytes} bytes, and a function of AWS Lambda may return ${LAMBDA_RESPONSE_BYTES}`,
    }),
  };
}
