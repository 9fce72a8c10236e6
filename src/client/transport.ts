/**
 * Sends requests: signs them, retries them, and parses the responses with their schemas.
 *
 * 1. Every request may be sent twice: requests that create something carry an idempotency key, and
 *    all others are idempotent.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { readBody } from '../model/collect-bytes.ts';
import { problemSchema } from '../wire/service.ts';
import type { LinkDocument } from '../wire/values.ts';
import { ApiError, ApiUnreachableError, IncompatibleApiError } from './errors.ts';
import { type FileUploadOptions, sendFile } from './send-file.ts';
import { signRequest } from './signed-request.ts';
import type { Sign } from './signing.ts';

export interface TransportOptions {
  /** As in `https://abc.execute-api.eu-west-1.amazonaws.com/prod`. */
  readonly endpoint: string;
  readonly sign: Sign;
  /** Milliseconds before the first retry, doubled for each that follows; default 200. */
  readonly firstRetryDelayMs?: number | undefined;
  /** The most milliseconds from a request to the end of its response; default 60,000. */
  readonly timeoutMs?: number | undefined;
}

export interface ApiRequest<T> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** A list repeats its parameter. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The schema of the response; `z.undefined()` for a response without a body. */
  readonly schema: z.ZodType<T>;
}

const MAX_ATTEMPTS = 5;
const MAX_RETRY_AFTER_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 60_000;
/** More than an API in AWS can answer; a local one has no such limit. */
const MAX_RESPONSE_BYTES = 16 * 2 ** 20;
/** A link may transfer a large object, so its limit is for the start of the response alone. */
const LINK_TIMEOUT_MS = 5 * 60_000;
const RETRYABLE_STATUSES = [429, 502, 503, 504];
const isRetryable = (status: number): boolean => RETRYABLE_STATUSES.includes(status);

export class Transport {
  readonly #base: URL;
  readonly #sign: Sign;
  readonly #firstRetryDelayMs: number;
  readonly #timeoutMs: number;

  constructor({
    endpoint,
    sign,
    firstRetryDelayMs = 200,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  }: TransportOptions) {
    this.#base = new URL(endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
    this.#sign = sign;
    this.#firstRetryDelayMs = firstRetryDelayMs;
    this.#timeoutMs = timeoutMs;
  }

  async call<T>({
    method,
    path,
    query = {},
    body,
    headers = {},
    schema,
  }: ApiRequest<T>): Promise<T> {
    const request = `${method} ${path}`;
    const url = new URL(path.replace(/^\//, ''), this.#base);
    const queryPairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((each) => [name, String(each)] as const),
    );
    const bodyText = body === undefined ? undefined : JSON.stringify(body);
    const unsignedHeaders = {
      ...headers,
      ...(bodyText === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await this.#withRetries(async () => {
      const signed = await signRequest(this.#sign, {
        method,
        url,
        query: queryPairs,
        headers: unsignedHeaders,
        body: bodyText,
      });
      return await this.#fetch(signed.target, {
        method,
        headers: signed.headers,
        signal: AbortSignal.timeout(this.#timeoutMs),
        ...(bodyText === undefined ? {} : { body: bodyText }),
      });
    });
    if (!response.ok) throw readApiError(response.status, await this.#textOf(response), request);
    const parsed = schema.safeParse(
      response.status === 204 ? undefined : parseJson(await this.#textOf(response)),
    );
    if (!parsed.success) throw new IncompatibleApiError(request, { cause: parsed.error });
    return parsed.data;
  }

  /** Sends a request to a link, which carries its own permission. */
  async followLink(
    link: Pick<LinkDocument, 'url' | 'method' | 'headers'>,
    body?: string,
  ): Promise<Response> {
    const response = await this.#withRetries(async () => {
      const limit = new AbortController();
      const timer = setTimeout(
        () => limit.abort(new Error('the response took too long')),
        LINK_TIMEOUT_MS,
      );
      try {
        return await this.#fetch(link.url, {
          method: link.method,
          headers: { ...link.headers },
          signal: limit.signal,
          ...(body === undefined ? {} : { body }),
        });
      } finally {
        clearTimeout(timer);
      }
    });
    // 412: the same content was uploaded before.
    if (response.ok || (link.method === 'PUT' && response.status === 412)) return response;
    throw new ApiError(
      response.status,
      undefined,
      `${link.method} of a link`,
      (await this.#textOf(response)).slice(0, 300),
    );
  }

  /** Sends a file to a link. @throws ApiError if the link refuses the content */
  async uploadFile(link: LinkDocument, path: string, options: FileUploadOptions): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const sent = await sendFile(link, path, options).catch((error: unknown) => {
        if (error instanceof ApiUnreachableError && attempt < MAX_ATTEMPTS) return undefined;
        throw error;
      });
      // 412: the same content was uploaded before.
      if (sent !== undefined && (sent.status < 300 || sent.status === 412)) return;
      if (sent !== undefined && (attempt === MAX_ATTEMPTS || !isRetryable(sent.status)))
        throw new ApiError(sent.status, undefined, `${link.method} of a link`, sent.text);
      await delay(this.#firstRetryDelayMs * 2 ** (attempt - 1), undefined, {
        signal: options.signal,
      });
    }
  }

  async #fetch(target: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(target, { ...init, redirect: 'error' });
    } catch (error) {
      throw new ApiUnreachableError(new URL(target).origin, { cause: error });
    }
  }

  /** The body may end early, be too long, or take longer than the limit of the request. */
  async #textOf(response: Response): Promise<string> {
    try {
      const bytes = await readBody(response, MAX_RESPONSE_BYTES);
      if (bytes === undefined)
        throw new Error(`a response has more than ${MAX_RESPONSE_BYTES} bytes`);
      return bytes.toString();
    } catch (error) {
      throw new ApiUnreachableError(this.#base.origin, { cause: error });
    }
  }

  async #withRetries(send: () => Promise<Response>): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await send().catch((error: unknown) => {
        if (error instanceof ApiUnreachableError && attempt < MAX_ATTEMPTS) return undefined;
        throw error;
      });
      if (response !== undefined && (attempt === MAX_ATTEMPTS || !isRetryable(response.status)))
        return response;
      await response?.body?.cancel();
      await delay(retryDelayMs(this.#firstRetryDelayMs * 2 ** (attempt - 1), response));
    }
  }
}

/** The pause that the response requests, up to half a minute, and at least `leastMs`. */
export function retryDelayMs(leastMs: number, response?: Pick<Response, 'headers'>): number {
  const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN);
  return seconds > 0 ? Math.max(leastMs, Math.min(MAX_RETRY_AFTER_MS, seconds * 1000)) : leastMs;
}

function readApiError(status: number, text: string, request: string): ApiError {
  const problem = problemSchema.safeParse(parseJson(text));
  return new ApiError(status, problem.data, request, text.slice(0, 300));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
