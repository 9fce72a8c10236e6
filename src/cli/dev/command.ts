/** `headrace dev`: serves the API on this machine until a signal stops it. */

import { isIP } from 'node:net';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import { toIsoTime } from '../../model/iso-time.ts';
import type { StatusEvent } from '../../ports/events.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import { openInBrowser } from '../console/browser.ts';
import { containersOf } from '../containers.ts';
import type { DevCommandOptions } from '../option-types.ts';
import { waitForStopSignal } from '../stop-signal.ts';
import { isLoopback } from './host-check.ts';
import { startDevServer } from './server.ts';

export async function serveUntilStopped(
  options: DevCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { host, port, allowHost, queueConcurrency, console, open } = options;
  if (isIP(host) === 0 && host !== 'localhost')
    throw new CommandLineError(
      `--host ${JSON.stringify(host)} is no address: write an IP address of this machine, or localhost`,
    );
  if (open && !console)
    throw new CommandLineError('--open opens the console, which --no-console does not serve');
  if (!isLoopback(host))
    output.note(
      `note: ${host} is not loopback: every host that reaches it and has the token can run programs on this machine; tokens and data cross the network unencrypted (http)`,
    );
  const home = findHome(options.home, process.cwd());
  const stopped = waitForStopSignal();
  const server = await startDevServer({
    home,
    host,
    allowedHosts: allowHost,
    port,
    console,
    queueConcurrency,
    containers: await containersOf(options, home, output),
    note: output.note,
    onEvent: (event) => noteEvent(event, output),
  });
  const address = server.signInUrl();
  await output.write(
    `listening on ${server.endpoint}\nruns are stored in ${home}; the token is in ${server.tokenFile}\nrun a pipeline on it with: ${hint(['--endpoint', server.endpoint], 'run', 'FILE')}\n${address === undefined ? '' : `console: ${address}\n`}`,
  );
  if (open) await openConsole(address, { home, output });
  await stopped;
  output.note('stopping: running steps stop, and run again when the server starts again');
  await server.close();
  return EXIT.completed;
}

async function openConsole(
  address: string | undefined,
  { home, output }: { readonly home: string; readonly output: Output },
): Promise<void> {
  if (address === undefined)
    output.note('note: the console is not built in this copy of Headrace: run npm run build');
  else await openInBrowser(address, { folder: home, note: output.note });
}

function noteEvent(event: StatusEvent, output: Output): void {
  if (event.kind === 'run') output.note(`${toIsoTime(event.at)} run ${event.run}: ${event.status}`);
  if (event.kind === 'signal')
    output.note(`${toIsoTime(event.at)} run ${event.run} waits for the signal ${event.name}`);
  if (event.kind === 'log')
    output.note(`${toIsoTime(event.at)} run ${event.run} ${event.level}: ${event.text}`);
}
