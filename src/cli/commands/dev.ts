/** `headrace dev` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import { listenOptions } from '../listen-options.ts';
import type { DevCommandOptions } from '../option-types.ts';
import { containersOption, homeOption, queueConcurrencyOption } from '../options.ts';

export const dev = defineCommand<[options: DevCommandOptions]>({
  name: 'dev',
  description: 'serve the API and the web console on this machine, and execute runs',
  options: [
    ...listenOptions(4750),
    new Option('--open', 'open the console in a browser'),
    new Option('--no-console', 'serve the API alone'),
    queueConcurrencyOption(),
    containersOption(),
    homeOption(),
  ],
  examples: [
    'headrace dev',
    'headrace dev --open',
    'headrace dev --port 0 --home /tmp/runs',
    'headrace dev --host 0.0.0.0 --allow-host build.example.org',
  ],
  local: async (...params) => (await import('../dev/command.ts')).serveUntilStopped(...params),
});
