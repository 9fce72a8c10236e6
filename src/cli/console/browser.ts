/**
 * Opens an address in the browser of the user.
 *
 * 1. No shell reads the address, and no argument of a process contains it: other users of the
 *    machine can read arguments, and the address may sign in. The browser opens a private file that
 *    leads to it.
 * 2. A browser that cannot be opened is no error: the address is printed, too.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PRIVATE_FILE_MODE } from '../../local/private-files.ts';

/** Longer than a browser takes to start, and as long as a code is valid. */
const FILE_LIFETIME_MS = 60_000;

export interface Opener {
  readonly command: string;
  readonly args: readonly string[];
}

/** The program that opens a document with the user's choice of browser. */
export function openerFor(platform: NodeJS.Platform, target: string): Opener {
  if (platform === 'darwin') return { command: 'open', args: [target] };
  if (platform === 'win32')
    return { command: 'rundll32', args: ['url.dll,FileProtocolHandler', target] };
  return { command: 'xdg-open', args: [target] };
}

export interface BrowserOptions {
  /** Where the private file may be. Default: a new private folder of the system's. */
  readonly folder?: string | undefined;
  note(line: string): void;
  /** Default: that of this platform. */
  readonly opener?: (target: string) => Opener;
}

/** Opens the address. Resolves when the browser was started, or a note has the reason why not. */
export async function openInBrowser(
  address: string,
  { folder, note, opener = (target) => openerFor(process.platform, target) }: BrowserOptions,
): Promise<void> {
  const parent = folder ?? (await mkdtemp(join(tmpdir(), 'headrace-')));
  const file = join(parent, `open-${randomUUID()}.html`);
  writeFileSync(file, redirectTo(address), { mode: PRIVATE_FILE_MODE, flag: 'wx' });
  const remove = () => {
    rmSync(file, { force: true });
    if (folder === undefined) rmSync(parent, { force: true, recursive: true });
  };
  const failure = await start(opener(pathToFileURL(file).href));
  if (failure === undefined) {
    process.once('exit', remove);
    setTimeout(remove, FILE_LIFETIME_MS).unref();
    return;
  }
  remove();
  note(`note: no browser was opened (${failure}): open the address above yourself`);
}

/** Returns why the program failed; undefined once it has succeeded or runs for a while. */
function start({ command, args }: Opener): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    child.once('exit', (code) =>
      resolve(code === 0 ? undefined : `${command} exited with ${code}`),
    );
    // An opener may be the browser itself, which stays.
    child.once('spawn', () => setTimeout(() => resolve(undefined), 2_000).unref());
    child.unref();
  });
}

/** A page that leads to the address at once, with a link for browsers that do not. */
function redirectTo(address: string): string {
  const escaped = address.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${escaped}">
<title>Headrace</title>
<p><a href="${escaped}">Open the console</a></p>
`;
}
