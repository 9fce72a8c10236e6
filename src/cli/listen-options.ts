/**
 * Options of commands that serve on this machine.
 *
 * @module
 */
import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';

export const listenOptions = (port: number): readonly Option[] => [
  new Option('--host <address>', 'the address to listen on').default('127.0.0.1'),
  new Option('--port <number>', 'the port to listen on; 0: any free port')
    .argParser(portNumber)
    .default(port),
  new Option(
    '--allow-host <name>',
    'a further name or address under which clients reach the server; repeatable',
  )
    .argParser(hostNames)
    .default([], 'none'),
];

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
