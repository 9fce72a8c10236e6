/**
 * Endpoints without encryption. A token that crosses a network in clear text belongs to everybody
 * on the way.
 *
 * @module
 */
import { CommandLineError } from '../errors.ts';

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** @throws CommandLineError for `http://` to another machine, unless the caller accepts it */
export function requireEncryption(endpoint: string, allowed: boolean, remedy: string): void {
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === 'https:' || allowed || LOOPBACK.test(hostname)) return;
  throw new CommandLineError(
    `${endpoint} is not encrypted: tokens and data would cross the network in clear text; use https, or ${remedy}`,
  );
}
