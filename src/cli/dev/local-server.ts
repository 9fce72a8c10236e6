/**
 * An HTTP server on this machine.
 *
 * 1. A request for a foreign host is refused first (`host-check.ts`).
 * 2. No response may be stored by a cache, errors included, unless it states how.
 * 3. A response that is opened as a page runs nothing, unless it has a policy of its own.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { ProblemError, problemResponse, toProblemError } from '../../api/problems.ts';
import { DATA_HEADERS } from '../../console-server/security-headers.ts';
import { CommandLineError } from '../../launch/errors.ts';
import { createHostCheck, type HostCheckOptions } from './host-check.ts';

/** Large enough that the API itself rejects a path or query that is too long. */
const MAX_HEADER_BYTES = 256 * 1024;

export interface LocalServerOptions extends HostCheckOptions {
  /** @param origin the origin under which the caller reaches the server */
  answer(request: Request, origin: string): Promise<Response>;
  /** Reports an error that no caller caused. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export function createLocalServer({ answer, onError, ...hosts }: LocalServerOptions): Server {
  const originOf = createHostCheck(hosts);
  const listener = getRequestListener(
    async (request, { incoming }) =>
      withDefaults(await answer(request, originOf(request, incoming as IncomingMessage))),
    {
      errorHandler: (error) => {
        const problem = toProblemError(error) ?? transportProblem(error);
        if (problem.status === 500) onError?.(error);
        return withDefaults(problemResponse(problem));
      },
    },
  );
  return createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener);
}

/** Listens, and returns the URL of the host as it was given. @throws CommandLineError */
export function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new CommandLineError(
              `port ${port} of ${host} is in use: choose another with --port (0: any)`,
              { cause: error },
            )
          : error,
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

/** Ends the server and its connections. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

const DEFAULT_HEADERS = { 'cache-control': 'no-store', ...DATA_HEADERS };

/** Rules 2 and 3. */
function withDefaults(response: Response): Response {
  for (const [name, value] of Object.entries(DEFAULT_HEADERS))
    if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
}

/** A request that is not HTTP as the framework reads it, or content that cannot be read. */
const transportProblem = (error: unknown): ProblemError =>
  error instanceof Error && error.name === 'RequestError'
    ? new ProblemError(400, `the request cannot be read: ${error.message}`)
    : new ProblemError(500, 'an unexpected error: try again');
