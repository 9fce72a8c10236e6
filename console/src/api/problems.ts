/**
 * Errors of requests. The API answers problem documents (RFC 9457); a screen shows their `detail`.
 *
 * @module
 */
import type { FieldProblem, Problem } from '../../../src/wire/service.ts';

/** The API refused a request, or failed. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The kind of the problem, as `not-found`. */
  readonly kind: string;
  readonly title: string;
  readonly fields: readonly FieldProblem[];
  /** When the request may be repeated, in milliseconds from the response. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(problem.detail);
    this.status = problem.status;
    this.kind = problem.type.replace(/^urn:headrace:problem:/, '');
    this.title = problem.title;
    this.fields = problem.errors ?? [];
    this.retryAfterMs = retryAfterMs;
  }

  /** The reason why the field of a form was refused. */
  fieldDetail(field: string): string | undefined {
    return this.fields.find((each) => each.field === field)?.detail;
  }
}

/** The server cannot be reached, or the connection ended within a response. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  constructor(cause: unknown) {
    super('The server cannot be reached.', { cause });
  }
}

/** The problem that a failed response contains. Proxies and gateways answer other documents. */
export async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  return new ApiError(
    parseProblem(text, response.status),
    retryAfterMs(response.headers.get('retry-after'), response.headers.get('date')),
  );
}

function parseProblem(text: string, status: number): Problem {
  const fallback = {
    type: 'urn:headrace:problem:unknown',
    title: `HTTP ${status}`,
    status,
    detail: `The server answered with status ${status}.`,
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return fallback;
  }
  if (typeof parsed !== 'object' || parsed === null) return fallback;
  const textAt = (key: string): string | undefined => {
    const value: unknown = Reflect.get(parsed, key);
    return typeof value === 'string' ? value : undefined;
  };
  const errors: unknown = Reflect.get(parsed, 'errors');
  return {
    ...fallback,
    type: textAt('type') ?? fallback.type,
    title: textAt('title') ?? fallback.title,
    // API Gateway answers `{"message": …}`.
    detail: textAt('detail') ?? textAt('message') ?? fallback.detail,
    ...(Array.isArray(errors) && { errors: errors.filter(isFieldProblem) }),
  };
}

const isFieldProblem = (value: unknown): value is FieldProblem =>
  typeof value === 'object' &&
  value !== null &&
  'field' in value &&
  typeof value.field === 'string' &&
  'detail' in value &&
  typeof value.detail === 'string';

/** A timer of a longer time ends at once. */
const MAX_WAIT_MS = 86_400_000;

/** `Retry-After` as seconds or as a date, which is compared with the server's own clock. */
export function retryAfterMs(header: string | null, date: string | null): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header.trim())
    ? Number(header) * 1_000
    : Date.parse(header) - (date === null ? Date.now() : Date.parse(date));
  return Number.isNaN(wait) ? undefined : Math.min(MAX_WAIT_MS, Math.max(0, wait));
}
