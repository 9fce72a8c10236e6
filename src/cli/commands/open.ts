/** `headrace open` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { OpenCommandOptions } from '../option-types.ts';
import { RUN_DESCRIPTION, targetOptions } from '../options.ts';

export const pageArgument = (): Argument =>
  new Argument(
    '[page]',
    `${RUN_DESCRIPTION}; or a page of the console, as in \`runs/01m8?tab=logs\``,
  );

export const open = defineCommand<[page: string | undefined, options: OpenCommandOptions]>({
  name: 'open',
  description:
    'print the address of a page in the console of a running `headrace dev`, and open it',
  arguments: [pageArgument()],
  options: [
    new Option('--no-browser', 'print the address, and open no browser'),
    ...targetOptions(),
  ],
  examples: ['headrace open', 'headrace open iris#7', 'headrace open latest --no-browser'],
  local: async (...params) => (await import('../console/open-page.ts')).openLocalPage(...params),
  remote: async (...params) => (await import('../console/open-page.ts')).openRemotePage(...params),
});
