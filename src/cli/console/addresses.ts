/**
 * Addresses of pages of the console.
 *
 * @module
 */
import { CONSOLE_PATH } from '../../console-server/console-app.ts';

/**
 * The address of a page, with a code that signs in.
 *
 * @param path below `/console/`, as in `runs/01m8?tab=logs`
 */
export function signInUrl(endpoint: string, code: string, path = ''): string {
  const url = new URL(path, `${localOrigin(endpoint)}${CONSOLE_PATH}`);
  url.hash = `code=${code}`;
  return url.href;
}

/** A server that listens on all addresses is reached through loopback on its own machine. */
export function localOrigin(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url.origin;
}

const SCREENS =
  /^(?:runs|new|compare|pipelines|models|queues|cache|schedules|settings|search)(?:[/?]|$)/;

/**
 * The path of a page that a user names: a page itself, as in `runs/01m8?tab=logs`, or a run.
 *
 * @param findRun returns the id of the run that the text names
 */
export async function pagePath(
  reference: string | undefined,
  findRun: (text: string) => Promise<string>,
): Promise<string> {
  if (reference === undefined) return '';
  const path = reference.replace(/^\/?(?:console\/)?/, '');
  return SCREENS.test(path) ? path : `runs/${encodeURIComponent(await findRun(reference))}`;
}
