/**
 * The console of a deployment: answers the events of a REST API for `GET /console/{proxy+}`.
 *
 * 1. Anyone may load the files, which are the same for all and hold no data. The page gets its token
 *    from the issuer, and sends it to the API on its own origin.
 * 2. The stage and a base path of a domain are in front of `/console/`, and unknown here. The page
 *    refers to its files by addresses relative to its own.
 *
 * @module
 */
import { z } from 'zod';
import { consoleConfigSchema } from '../wire/console.ts';
import type { ConsoleFiles } from './console-files.ts';
import { answerFile } from './file-answer.ts';
import { pageHeaders } from './security-headers.ts';

/** What the function reads of an event. */
export interface ConsoleEvent {
  /** The path that the API declares: `/console`, or `/console/{proxy+}`. */
  readonly resource?: string | undefined;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  /** `path` has the stage and the base path of a domain. */
  readonly requestContext?: { readonly path?: string | undefined } | undefined;
}

export interface ConsoleResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The settings beside the bundle, which the stack writes. */
export const hostedSettingsSchema = z.strictObject({
  /** The content of `config.json`. */
  config: consoleConfigSchema,
  /** The origins to which the page sends requests for tokens. */
  issuerOrigins: z.array(z.string()),
});

export interface HostedConsoleOptions extends z.infer<typeof hostedSettingsSchema> {
  readonly files: ConsoleFiles;
}

export function createHostedConsole({
  files,
  config,
  issuerOrigins,
}: HostedConsoleOptions): (event: ConsoleEvent) => ConsoleResult {
  const always = {
    ...pageHeaders(issuerOrigins),
    'strict-transport-security': 'max-age=31536000',
  };
  const configText = JSON.stringify(config);
  return ({ pathParameters, headers, requestContext }) => {
    const path = pathParameters?.proxy;
    if (path === undefined) {
      // Without a name below it, API Gateway passes /console and /console/ on in the same form.
      const base = (requestContext?.path ?? '/console').replace(/\/+$/, '');
      const location = `${base}/runs`;
      return result(302, { ...always, 'cache-control': 'no-store', location }, '');
    }
    if (path === 'config.json')
      return result(
        200,
        { ...always, 'cache-control': 'no-cache', 'content-type': 'application/json' },
        configText,
      );
    const answer = answerFile(files, { path, ifNoneMatch: headerOf(headers, 'if-none-match') });
    const text = Buffer.from(answer.content).toString();
    const isPage = answer.headers['content-type']?.startsWith('text/html') === true;
    return result(
      answer.status,
      { ...always, ...answer.headers },
      isPage ? text.replaceAll('"/console/', `"${rootFrom(path)}`) : text,
    );
  };
}

const result = (
  statusCode: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): ConsoleResult => ({ statusCode, headers, body });

/** Rule 2: the root of the console, seen from a page at this path. */
function rootFrom(path: string): string {
  const depth = path.split('/').length - 1;
  return depth === 0 ? './' : '../'.repeat(depth);
}

/** Names of headers arrive as the caller wrote them. */
const headerOf = (headers: ConsoleEvent['headers'], name: string): string | undefined =>
  Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
