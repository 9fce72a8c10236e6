/**
 * Requests and their answers: signed, tried again where that is safe, parsed by their schema.
 *
 * 1. What may be sent twice is: the API's creates carry an idempotency key, and everything else of it is harmless the second time.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { problemSchema } from '../wire/service.ts';
import type { LinkDocument } from '../wire/values.ts';
import { ApiError, ApiUnreachableError, ForeignApiError } from './errors.ts';
import type { Sign } from './signing.ts';

export interface TransportOptions {
  /** As in `https://abc.execute-api.eu-west-1.amazonaws.com/prod`. */
  readonly endpoint: string;
  readonly sign: Sign;
  /** Milliseconds before the first retry, doubled for each that follows; default 200. */
  readonly pause?: number | undefined;
}

export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent where the answer has no body. */
  readonly schema: z.ZodType<T>;
}

const ATTEMPTS = 5;
const TRY_AGAIN = [429, 502, 503, 504];

export class Transport {
  readonly #base: URL;
  readonly #sign: Sign;
  readonly #pause: number;

  constructor({ endpoint, sign, pause = 200 }: TransportOptions) {
    this.#base = new URL(endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
    this.#sign = sign;
    this.#pause = pause;
  }

  async call<T>({ method, path, query = {}, body, headers = {}, schema }: Call<T>): Promise<T> {
    const request = `${method} ${path}`;
    const url = new URL(path.replace(/^\//, ''), this.#base);
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as const],
    );
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = {
      ...headers,
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const answer = await this.#patiently(async () => {
      const signed = await this.#sign({ method, url, query: pairs, headers: sent, body: text });
      const target =
        pairs.length === 0
          ? url.href
          : `${url.href}?${pairs.map((pair) => pair.map(strictly).join('=')).join('&')}`;
      return await this.#fetch(target, {
        method,
        headers: signed,
        ...(text === undefined ? {} : { body: text }),
      });
    });
    if (!answer.ok) throw await refusal(answer, request);
    const parsed = schema.safeParse(answer.status === 204 ? undefined : parse(await answer.text()));
    if (!parsed.success) throw new ForeignApiError(request, { cause: parsed.error });
    return parsed.data;
  }

  /** Uses a link. It carries its own permission. */
  async use(
    link: Pick<LinkDocument, 'url' | 'method' | 'headers'>,
    body?: string,
  ): Promise<Response> {
    const answer = await this.#patiently(() =>
      this.#fetch(link.url, {
        method: link.method,
        headers: { ...link.headers },
        ...(body === undefined ? {} : { body }),
      }),
    );
    // 412: another upload of the same content was first.
    if (answer.ok || (link.method === 'PUT' && answer.status === 412)) return answer;
    throw new ApiError(
      answer.status,
      undefined,
      `${link.method} of a link`,
      (await answer.text()).slice(0, 300),
    );
  }

  async #fetch(target: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(target, { ...init, redirect: 'error' });
    } catch (error) {
      throw new ApiUnreachableError(new URL(target).origin, { cause: error });
    }
  }

  async #patiently(send: () => Promise<Response>): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await send().catch((error: unknown) => {
        if (error instanceof ApiUnreachableError && attempt < ATTEMPTS) return undefined;
        throw error;
      });
      if (outcome !== undefined && (attempt === ATTEMPTS || !TRY_AGAIN.includes(outcome.status)))
        return outcome;
      await outcome?.body?.cancel();
      await delay(this.#pause * 2 ** (attempt - 1));
    }
  }
}

/** As a signature wants it: everything but letters, digits and `-._~` is escaped. */
const strictly = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

async function refusal(answer: Response, request: string): Promise<ApiError> {
  const text = await answer.text();
  const problem = problemSchema.safeParse(parse(text));
  return new ApiError(answer.status, problem.data, request, text.slice(0, 300));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
