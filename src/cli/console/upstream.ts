/**
 * Answers of the API as `headrace console` passes them on.
 *
 * 1. Only headers of a list are passed. Those of the connection end here.
 * 2. An error without a problem document, as API Gateway answers it, becomes one.
 * 3. A refusal of the credentials is not the end of the page's session: it has a type of its own,
 *    and names the command that renews them.
 *
 * @module
 */
import { ProblemError, problemResponse } from '../../api/problems.ts';
import { ApiUnreachableError, SigningError } from '../../client/errors.ts';
import { CONSOLE_PROBLEMS } from '../../wire/console.ts';
import { PROBLEM_JSON } from '../../wire/service.ts';

/** Rule 1. */
const PASSED_HEADERS = [
  'accept-ranges',
  'allow',
  'cache-control',
  'content-disposition',
  'content-range',
  'content-type',
  'date',
  'etag',
  'last-modified',
  'retry-after',
  'vary',
];

export const passedHeaders = ({ headers }: Response): Readonly<Record<string, string>> =>
  Object.fromEntries(
    PASSED_HEADERS.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );

export interface UpstreamIdentity {
  readonly endpoint: string;
  /** What the user does when the API refuses the credentials, as a sentence without a period. */
  readonly remedy: string;
}

/** A request that could not be signed or sent. */
export function sendingProblem(
  error: unknown,
  { endpoint, remedy }: UpstreamIdentity,
): ProblemError {
  if (error instanceof SigningError) return credentialsProblem(error.message, remedy);
  if (error instanceof ApiUnreachableError) return new ProblemError(502, error.message);
  const { message } = new ApiUnreachableError(new URL(endpoint).origin, { cause: error });
  return new ProblemError(502, message);
}

const credentialsProblem = (reason: string, remedy: string): ProblemError =>
  new ProblemError(
    401,
    `the API refused your credentials (${reason}): ${remedy}`,
    [],
    CONSOLE_PROBLEMS.credentialsRefused,
  );

/** What API Gateway answers when it refuses a signature or a token. */
const REFUSED_CREDENTIALS =
  /security token .* (?:expired|invalid)|signature (?:expired|not yet current|we calculated)|unauthorized|missing authentication token|identity token|not authorized to access/i;

/** @param text the body of an answer whose status is an error */
export function errorResponse(
  upstream: Response,
  text: string,
  { endpoint, remedy }: UpstreamIdentity,
): Response {
  const { status } = upstream;
  const isDocument = upstream.headers.get('content-type')?.startsWith(PROBLEM_JSON) === true;
  const message = isDocument ? detailIn(text) : messageIn(text);
  if (status === 401 || (status === 403 && !isDocument && REFUSED_CREDENTIALS.test(message)))
    return problemResponse(credentialsProblem(message || `status ${status}`, remedy));
  const headers = passedHeaders(upstream);
  if (isDocument) return new Response(text, { status, headers });
  const detail = `${new URL(endpoint).host} answered with status ${status}${message === '' ? '' : `: ${message}`}`;
  const type = status === 429 ? 'too-many-requests' : status === 403 ? 'forbidden' : 'upstream';
  return new Response(
    JSON.stringify({
      type: `urn:headrace:problem:${type}`,
      title: 'The API refused the request',
      status,
      detail,
    }),
    { status, headers: { ...headers, 'content-type': PROBLEM_JSON } },
  );
}

const MAX_SHOWN_CHARACTERS = 300;

const detailIn = (text: string): string => fieldIn(text, ['detail']);

/** API Gateway writes `{"message": "…"}`, and `{"Message": "…"}` for some refusals. */
const messageIn = (text: string): string =>
  fieldIn(text, ['message', 'Message']).slice(0, MAX_SHOWN_CHARACTERS);

function fieldIn(text: string, names: readonly string[]): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return '';
  }
  if (typeof document !== 'object' || document === null) return '';
  for (const name of names) {
    const value: unknown = Reflect.get(document, name);
    if (typeof value === 'string') return value;
  }
  return '';
}
