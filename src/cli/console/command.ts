/** `headrace console`: serves the console of an API until a signal stops it. */
import { isIP } from 'node:net';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { connect, identify } from '../../launch/remote/connection.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import { isLoopback } from '../dev/host-check.ts';
import { closeServer, listen } from '../dev/local-server.ts';
import type { ConsoleCommandOptions } from '../option-types.ts';
import { selectRemoteRun } from '../remote/select.ts';
import { waitForStopSignal } from '../stop-signal.ts';
import { pagePath, signInUrl } from './addresses.ts';
import { openInBrowser } from './browser.ts';
import { createConsoleServer } from './server.ts';

export async function serveConsole(
  page: string | undefined,
  options: ConsoleCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { host, port, allowHost, readOnly = false, open } = options;
  if (isIP(host) === 0 && host !== 'localhost')
    throw new CommandLineError(
      `--host ${JSON.stringify(host)} is no address: write an IP address of this machine, or localhost`,
    );
  if (!isLoopback(host))
    output.note(
      `note: ${host} is not loopback: every host that reaches it and has the link acts with your credentials; tokens and data cross the network unencrypted (http)`,
    );
  const from = process.cwd();
  const { endpoint, sign, awsProfile } = identify(options, from);
  const { client, hintTarget = [] } = connect(options, from);
  const target = hintTarget.filter((word) => word !== '--mode' && word !== 'remote');
  const command = hint(target, 'console', ...(readOnly ? ['--read-only'] : []));
  const path = await pagePath(page, async (text) => (await selectRemoteRun(client, text)).id);
  const stopped = waitForStopSignal();
  const { server, isBuilt, newCode } = createConsoleServer({
    endpoint,
    sign,
    remedy: remedyFor(awsProfile, command),
    readOnly,
    command,
    target: options.profile ?? endpoint,
    clock: Date,
    host,
    allowedHosts: allowHost,
    onError: (error) =>
      output.note(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  if (!isBuilt)
    throw new CommandLineError(
      'the console is not built in this copy of Headrace: run npm run build',
    );
  const origin = await listen(server, host, port);
  const link = () => signInUrl(origin, newCode(), path);
  const address = link();
  await output.write(`console of ${endpoint}${readOnly ? ', read-only' : ''}: ${address}\n`);
  output.note('the link signs in once, within a minute; Enter prints a new one, Ctrl-C stops');
  const stopPrinting = onEnter(() => void output.write(`${link()}\n`));
  if (open) await openInBrowser(address, { note: output.note });
  await stopped;
  stopPrinting();
  await closeServer(server);
  return EXIT.completed;
}

function remedyFor(awsProfile: string | undefined, command: string): string {
  const login = awsProfile === undefined ? '' : ` --profile ${awsProfile}`;
  return `renew them, as with aws sso login${login}, or with a new HEADRACE_TOKEN; if they come from the environment, start \`${command}\` again`;
}

/** Calls back at each line of the terminal. Returns a function that stops this. */
function onEnter(callback: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const listener = () => callback();
  stdin.on('data', listener).unref();
  return () => stdin.off('data', listener).pause();
}
