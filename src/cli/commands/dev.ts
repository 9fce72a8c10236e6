/** `headrace dev` */
import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { DevCommandOptions } from '../option-types.ts';
import { containersOption, homeOption, queueConcurrencyOption } from '../options.ts';

export const dev = defineCommand<[options: DevCommandOptions]>({
  name: 'dev',
  description: 'serve the API on this machine and execute its runs',
  options: [
    new Option('--host <address>', 'the address to listen on').default('127.0.0.1'),
    new Option('--port <number>', 'the port to listen on; 0: any free port')
      .argParser(portNumber)
      .default(4750),
    new Option(
      '--allow-host <name>',
      'a further name or address under which clients reach the server; repeatable',
    )
      .argParser(hostNames)
      .default([], 'none'),
    queueConcurrencyOption(),
    containersOption(),
    homeOption(),
  ],
  examples: [
    'headrace dev',
    'headrace dev --port 0 --home /tmp/runs',
    'headrace dev --host 0.0.0.0 --allow-host build.example.org',
  ],
  local: async (...params) => (await import('../dev/command.ts')).serveUntilStopped(...params),
});

function portNumber(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return Number(value);
}

function hostNames(value: string, previous: readonly string[]): readonly string[] {
  const host = value.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) === 0 && !/^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,9}$/.test(host))
    throw new InvalidArgumentError('It is a host name or an IP address, without a port.');
  return [...previous, host];
}
