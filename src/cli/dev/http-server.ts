/**
 * The HTTP server of `headrace dev`: passes requests to the API and to links.
 *
 * 1. A request for a foreign host is refused first (`host-check.ts`).
 * 2. A response may be stored by no cache unless it permits it: errors and content of links do not.
 * 3. Large JSON documents are compressed (`compression.ts`).
 *
 * @module
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { ProblemError, problemResponse, toProblemError } from '../../api/problems.ts';
import { type FileLinks, LINKS_PATH } from '../../local/file-links.ts';
import { compressed } from './compression.ts';
import { createHostCheck, type HostCheckOptions } from './host-check.ts';

/** Large enough that the API itself rejects a path or query that is too long. */
const MAX_HEADER_BYTES = 256 * 1024;

export interface HttpServerOptions extends HostCheckOptions {
  readonly api: { fetch(request: Request): Response | Promise<Response> };
  readonly links: Pick<FileLinks, 'handle'>;
  /** Holds the origin of a request while it is handled. */
  readonly origins: AsyncLocalStorage<string>;
}

export function createHttpServer({ api, links, origins, ...hosts }: HttpServerOptions): Server {
  const originOf = createHostCheck(hosts);
  const answer = async (request: Request, incoming: IncomingMessage): Promise<Response> =>
    await origins.run(originOf(request, incoming), async () =>
      new URL(request.url).pathname.startsWith(LINKS_PATH)
        ? await links.handle(request)
        : await api.fetch(request),
    );
  const listener = getRequestListener(
    async (request, { incoming }) =>
      withCachePolicy(
        await compressed(request, await answer(request, incoming as IncomingMessage)),
      ),
    {
      errorHandler: (error) =>
        withCachePolicy(problemResponse(toProblemError(error) ?? transportProblem(error))),
    },
  );
  return createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener);
}

/** Rule 2. */
function withCachePolicy(response: Response): Response {
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
  return response;
}

/** A request that is not HTTP as the framework reads it, or content that cannot be read. */
const transportProblem = (error: unknown): ProblemError =>
  error instanceof Error && error.name === 'RequestError'
    ? new ProblemError(400, `the request cannot be read: ${error.message}`)
    : new ProblemError(500, 'an unexpected error: try again');
