/**
 * The hosts under which the local server may be reached, and the origin of links.
 *
 * 1. A request for another host is refused before it is routed. A web page whose name resolves to
 *    the server's address (DNS rebinding) has its own name in the header Host.
 * 2. A link names the host that its request was sent to, because the caller reaches the server
 *    there.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ProblemError } from '../../api/problems.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS = ['0.0.0.0', '::'];
const LOOPBACK_PATTERN = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

export const isLoopback = (host: string): boolean => LOOPBACK_PATTERN.test(host);

export interface HostCheckOptions {
  /** The address or name that the server listens on. */
  readonly host: string;
  /** Further names and addresses, without a port. */
  readonly allowedHosts: readonly string[];
}

/**
 * Returns a function that gives the origin of a request, such as `http://127.0.0.1:4750`.
 *
 * @throws ProblemError 421 (the returned function) for a host that is not allowed
 */
export function createHostCheck({
  host,
  allowedHosts,
}: HostCheckOptions): (request: Request, incoming: IncomingMessage) => string {
  const isWildcard = WILDCARDS.includes(host);
  const names = new Set([...LOOPBACK_NAMES, ...[host, ...allowedHosts].map(hostnameOf)]);
  const isAllowed = (hostname: string, localAddress = ''): boolean =>
    names.has(hostname) || (isWildcard && hostname === hostnameOf(unmapped(localAddress)));
  return (request, incoming) => {
    // A request target may be an absolute URL, whose host the framework uses instead of the header.
    const origins = [originOf(`http://${incoming.headers.host}`), originOf(request.url)];
    const refused = origins.find(
      (origin) => origin === undefined || !isAllowed(origin.hostname, incoming.socket.localAddress),
    );
    const [origin] = origins;
    if (origin === undefined || refused !== undefined || origins.includes(undefined))
      throw foreignHost(incoming.headers.host ?? '');
    return origin.origin;
  };
}

/** Headers are at most as long as the server accepts; an error shows the start of one. */
const MAX_SHOWN_CHARACTERS = 100;

function foreignHost(host: string): ProblemError {
  const shown = JSON.stringify(host.slice(0, MAX_SHOWN_CHARACTERS));
  const detail = `the server does not answer for the host ${shown}: start it with --allow-host and this name if it is yours`;
  return new ProblemError(421, `Host: ${detail}`, [{ in: 'header', field: 'Host', detail }]);
}

function originOf(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

/** The name or address as a URL has it: in lower case, IPv6 in brackets and in its short form. */
function hostnameOf(host: string): string {
  const text = isIP(host) === 6 ? `[${host}]` : host;
  return originOf(`http://${text}`)?.hostname ?? text.toLowerCase();
}

/** An IPv4 address without the IPv6 prefix that a dual-stack socket reports. */
const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');
