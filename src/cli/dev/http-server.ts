/**
 * The HTTP server of `headrace dev`: passes requests to the console, to links and to the API, whose
 * large JSON documents are compressed (`compression.ts`).
 *
 * @module
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Server } from 'node:http';
import type { ConsoleApp } from '../../console-server/console-app.ts';
import { type FileLinks, LINKS_PATH } from '../../local/file-links.ts';
import { compressed } from './compression.ts';
import type { HostCheckOptions } from './host-check.ts';
import { createLocalServer } from './local-server.ts';

export interface HttpServerOptions extends HostCheckOptions {
  readonly api: { fetch(request: Request): Response | Promise<Response> };
  readonly links: Pick<FileLinks, 'handle'>;
  /** Holds the origin of a request while it is handled. */
  readonly origins: AsyncLocalStorage<string>;
  /** Absent with `--no-console`. */
  readonly console?: ConsoleApp | undefined;
}

export const createHttpServer = ({
  api,
  links,
  origins,
  console,
  ...hosts
}: HttpServerOptions): Server =>
  createLocalServer({
    ...hosts,
    answer: (request, origin) =>
      origins.run(origin, async () => {
        const { pathname } = new URL(request.url);
        if (console?.handles(pathname)) return await console.handle(request, origin);
        return pathname.startsWith(LINKS_PATH)
          ? await links.handle(request)
          : await compressed(request, await api.fetch(request));
      }),
  });
