/** `headrace dev`: serves the API on this machine until a signal stops it. */

import { isIP } from 'node:net';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import { toIsoTime } from '../../model/iso-time.ts';
import type { StatusEvent } from '../../ports/events.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import { containersOf } from '../containers.ts';
import type { DevCommandOptions } from '../option-types.ts';
import { isLoopback } from './host-check.ts';
import { startDevServer } from './server.ts';

export async function serveUntilStopped(
  options: DevCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { host, port, allowHost, queueConcurrency } = options;
  if (isIP(host) === 0 && host !== 'localhost')
    throw new CommandLineError(
      `--host ${JSON.stringify(host)} is no address: write an IP address of this machine, or localhost`,
    );
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
    queueConcurrency,
    containers: await containersOf(options, home, output),
    note: output.note,
    onEvent: (event) => noteEvent(event, output),
  });
  await output.write(
    `listening on ${server.endpoint}\nruns are stored in ${home}; the token is in ${server.tokenFile}\nrun a pipeline on it with: ${hint(['--endpoint', server.endpoint], 'run', 'FILE')}\n`,
  );
  await stopped;
  output.note('stopping: running steps stop, and run again when the server starts again');
  await server.close();
  return EXIT.completed;
}

function noteEvent(event: StatusEvent, output: Output): void {
  if (event.kind === 'run') output.note(`${toIsoTime(event.at)} run ${event.run}: ${event.status}`);
  if (event.kind === 'signal')
    output.note(`${toIsoTime(event.at)} run ${event.run} waits for the signal ${event.name}`);
  if (event.kind === 'log')
    output.note(`${toIsoTime(event.at)} run ${event.run} ${event.level}: ${event.text}`);
}

/** Resolves at the first Ctrl-C or SIGTERM; the second exits the process at once. */
function waitForStopSignal(): Promise<void> {
  let received = 0;
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(name, () => {
        if (++received > 1) process.exit(EXIT.interrupted);
        resolve();
      });
  });
}
