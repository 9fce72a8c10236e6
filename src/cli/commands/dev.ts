/** `headrace dev` */
import { InvalidArgumentError, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { DevOptions } from '../option-types.ts';
import { homeOption, queueConcurrencyOption } from '../options.ts';

export const dev = defineCommand<[options: DevOptions]>({
  name: 'dev',
  description: 'serve the API on this machine: runs that it is given are moved here',
  options: [
    new Option('--host <address>', 'where to listen').default('127.0.0.1'),
    new Option('--port <number>', 'where to listen; 0: any port that is free')
      .argParser(portNumber)
      .default(4750),
    queueConcurrencyOption(),
    homeOption(),
  ],
  examples: ['headrace dev', 'headrace dev --port 0 --home /tmp/runs'],
  local: async (...params) => (await import('../dev/command.ts')).dev(...params),
});

function portNumber(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return Number(value);
}
