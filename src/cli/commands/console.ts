/** `headrace console` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import { listenOptions } from '../listen-options.ts';
import type { ConsoleCommandOptions } from '../option-types.ts';
import { endpointOption, homeOption, profileOption } from '../options.ts';
import { pageArgument } from './open.ts';

export const consoleCommand = defineCommand<
  [page: string | undefined, options: ConsoleCommandOptions]
>({
  name: 'console',
  description:
    'serve the web console of an API on this machine; requests are signed with your credentials',
  arguments: [pageArgument()],
  options: [
    endpointOption(),
    profileOption(),
    new Option('--read-only', 'pass on requests that read, and refuse all others'),
    new Option('--open', 'open the console in a browser'),
    ...listenOptions(4751),
    homeOption(),
  ],
  examples: [
    'headrace console --profile team --open',
    'headrace console iris#7 --profile team --read-only',
    'headrace console --endpoint https://abc.execute-api.eu-west-1.amazonaws.com/live --port 0',
  ],
  remote: async (...params) => (await import('../console/command.ts')).serveConsole(...params),
});
