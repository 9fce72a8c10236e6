/** `headrace runs remove` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { RemoveCommandOptions } from '../option-types.ts';
import { jsonOption, RUN_DESCRIPTION, targetOptions } from '../options.ts';

export const runsRemove = defineCommand<[runs: readonly string[], options: RemoveCommandOptions]>({
  name: 'runs remove',
  description:
    'remove runs that ended, with everything that they and their steps wrote: those that are named, or all that match the options',
  arguments: [new Argument('[runs...]', `each: ${RUN_DESCRIPTION}`)],
  options: [
    new Option('--project <project>', 'runs of this project and the projects below it'),
    new Option('--pipeline <name>', 'runs of this pipeline'),
    new Option('--status <status>', 'runs that ended in this status').choices([
      'completed',
      'failed',
      'aborted',
    ]),
    new Option('--tag <tag>', 'runs with this tag'),
    new Option('--older-than <duration>', 'runs that ended before this time, as in 30d or 12h'),
    new Option('--dry-run', 'remove nothing, and print what would be removed'),
    new Option('--yes', 'remove runs that match without a confirmation on the terminal'),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace runs remove iris#7 iris#8',
    'headrace runs remove --status failed --older-than 30d --dry-run',
    'headrace runs remove --pipeline iris --tag trial --yes',
  ],
  local: async (...params) => (await import('../local/remove.ts')).remove(...params),
  remote: async (...params) => (await import('../remote/remove.ts')).remove(...params),
});
