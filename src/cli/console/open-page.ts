/**
 * `headrace open`: opens a page of the console that a running `headrace dev` serves.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { CODE_LIFETIME_MS } from '../../console-server/sessions.ts';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { findHome, homeTarget } from '../../launch/home.ts';
import { findServer, type LiveServer, liveServers } from '../../local/server-records.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import { signInCodeSchema } from '../../wire/console.ts';
import type { OpenCommandOptions } from '../option-types.ts';
import { withSelectedRun } from '../select.ts';
import { localOrigin, pagePath, signInUrl } from './addresses.ts';
import { openInBrowser } from './browser.ts';

const TIMEOUT_MS = 10_000;

export async function openLocalPage(
  reference: string | undefined,
  options: OpenCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(options.home, process.cwd());
  const [server] = liveServers(home);
  if (server === undefined)
    throw new CommandLineError(
      `no \`headrace dev\` runs on the home ${home}: start one with \`${hint(homeTarget(home), 'dev', '--open')}\``,
    );
  const path = await pagePath(reference, (text) =>
    withSelectedRun(text, options, async ({ run }) => run.info.id),
  );
  return await openPage(server, path, { home, options, output });
}

/** With `--endpoint` or `--profile`: a `headrace dev` on this machine, if they name one. */
export async function openRemotePage(
  reference: string | undefined,
  options: OpenCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const [{ connect }, { selectRemoteRun }] = await Promise.all([
    import('../../launch/remote/connection.ts'),
    import('../remote/select.ts'),
  ]);
  const { client, endpoint, hintTarget } = connect(options, process.cwd());
  const home = findHome(options.home, process.cwd());
  const server = findServer(home, endpoint);
  if (server === undefined) {
    const target = hintTarget?.filter((word) => word !== '--mode' && word !== 'remote');
    const words = reference === undefined ? [] : [reference];
    throw new CommandLineError(
      `no \`headrace dev\` of this machine serves ${endpoint}: serve its console with \`${hint(target, 'console', ...words, '--open')}\``,
    );
  }
  const path = await pagePath(reference, async (text) => (await selectRemoteRun(client, text)).id);
  return await openPage(server, path, { home, options, output });
}

async function openPage(
  { endpoint, token }: LiveServer,
  path: string,
  {
    home,
    options,
    output,
  }: { readonly home: string; readonly options: OpenCommandOptions; readonly output: Output },
): Promise<ExitCode> {
  const origin = localOrigin(endpoint);
  const response = await fetch(`${origin}/console/code`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new CommandLineError(`there is no response from ${origin}: start it again`, {
      cause: error,
    });
  });
  if (!response.ok)
    throw new CommandLineError(
      `the \`headrace dev\` on ${origin} serves no console (${response.status}): start it again without --no-console`,
    );
  const { code } = signInCodeSchema.parse(await response.json());
  const address = signInUrl(origin, code, path);
  await output.write(`${address}\n`);
  output.note(`the link signs in once, within ${CODE_LIFETIME_MS / 1000} seconds`);
  if (options.browser)
    await openInBrowser(address, {
      folder: existsSync(home) ? home : undefined,
      note: output.note,
    });
  return EXIT.completed;
}
