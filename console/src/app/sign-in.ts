/**
 * Signs the page in, as its server requires it.
 *
 * @module
 */
import type { ConsoleConfig } from '../../../src/wire/console.ts';
import { serverClock } from '../api/server-clock.ts';
import { setCommandTarget } from '../format/command-target.ts';
import { apiRootOf } from './base-path.ts';

let config: ConsoleConfig | undefined;

/** The command that prints a new link; undefined where the page signs in by itself. */
export const signInCommand = (): string | undefined =>
  config?.signIn === 'oidc' ? undefined : (config?.command ?? 'headrace open');

let result: Promise<boolean> | undefined;

/** Signs in once. @returns false if the browser leaves this page to sign in */
export const signIn = (basePath: string): Promise<boolean> => (result ??= startSession(basePath));

async function startSession(basePath: string): Promise<boolean> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code !== null) history.replaceState(history.state, '', location.pathname + location.search);
  config = await readConfig(basePath);
  setCommandTarget(
    config?.signIn === 'oidc' ? location.origin + apiRootOf(basePath).slice(0, -1) : config?.target,
  );
  if (config?.signIn === 'oidc') {
    const { signInAtIssuer } = await import('../session/issuer-page.ts');
    return await signInAtIssuer(config, basePath);
  }
  if (code !== null) {
    const { signInByCode } = await import('../session/code.ts');
    await signInByCode(code, basePath);
  }
  return true;
}

async function readConfig(basePath: string): Promise<ConsoleConfig | undefined> {
  try {
    const sentAt = Date.now();
    const response = await fetch(`${basePath}config.json`);
    serverClock.observe(response.headers.get('date'), sentAt);
    return response.ok ? await response.json() : undefined;
  } catch {
    // Requests for data then report that the server is not reachable.
    return undefined;
  }
}
