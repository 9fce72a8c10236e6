/**
 * The server of `headrace console`: the files of the console, and the API behind the user's
 * credentials.
 *
 * @module
 */
import type { Server } from 'node:http';
import { ProblemError } from '../../api/problems.ts';
import type { Sign } from '../../client/signing.ts';
import { type ConsoleApp, createConsoleApp } from '../../console-server/console-app.ts';
import { consoleFolder, readConsoleFiles } from '../../console-server/console-files.ts';
import { requireOwnSite, requireSession } from '../../console-server/request-rules.ts';
import { Sessions } from '../../console-server/sessions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HostCheckOptions } from '../dev/host-check.ts';
import { createLocalServer } from '../dev/local-server.ts';
import { createApiProxy } from './api-proxy.ts';
import { OBJECT_LINKS_PATH, ObjectLinks } from './object-links.ts';
import type { UpstreamIdentity } from './upstream.ts';

export interface ConsoleServerOptions extends HostCheckOptions, UpstreamIdentity {
  readonly sign: Sign;
  readonly readOnly: boolean;
  /** The command that prints a new link. */
  readonly command: string;
  /** The profile or the endpoint, as the page shows it. */
  readonly target: string;
  readonly clock: Clock;
  /** Default: the built console. */
  readonly folder?: string | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface ConsoleServer {
  readonly server: Server;
  readonly isBuilt: boolean;
  newCode(): string;
}

export function createConsoleServer({
  folder = consoleFolder(),
  host,
  allowedHosts,
  onError,
  ...options
}: ConsoleServerOptions): ConsoleServer {
  const { clock, command, target, readOnly, endpoint } = options;
  const sessions = new Sessions(clock);
  const files = folder === undefined ? undefined : readConsoleFiles(folder);
  const app: ConsoleApp = createConsoleApp({
    files,
    sessions,
    config: { signIn: 'code', command, serves: 'api', target, readOnly },
  });
  const links = new ObjectLinks({ endpoint, clock });
  const passOn = createApiProxy({ ...options, links });
  const server = createLocalServer({
    host,
    allowedHosts,
    onError,
    async answer(request, origin) {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith(OBJECT_LINKS_PATH)) {
        requireOwnSite(request, { origin, navigation: true });
        return await links.follow(request);
      }
      if (app.handles(pathname)) return await app.handle(request, origin);
      if (!isApiPath(pathname))
        throw new ProblemError(404, `no route for ${pathname}: the console is at /console/`);
      requireSession(request, { sessions, origin, command: `\`${command}\`` });
      return await passOn(request, origin);
    },
  });
  return { server, isBuilt: files !== undefined, newCode: () => sessions.newCode() };
}

const isApiPath = (pathname: string): boolean =>
  pathname === '/openapi.json' || pathname === '/v1' || pathname.startsWith('/v1/');
