/** `headrace disk` and `headrace gc` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { DiskCommandOptions, GcCommandOptions } from '../option-types.ts';
import { homeOption, jsonOption } from '../options.ts';

export const disk = defineCommand<[options: DiskCommandOptions]>({
  name: 'disk',
  description: 'what uses how much space in the home',
  options: [homeOption(), jsonOption()],
  examples: ['headrace disk', 'headrace disk --json'],
  local: async (...params) => (await import('../local/disk.ts')).disk(...params),
});

export const gc = defineCommand<[options: GcCommandOptions]>({
  name: 'gc',
  description: 'remove old runs, and what nothing refers to any more, from the home',
  options: [
    new Option(
      '--older-than <duration>',
      'runs that ended before this time, as in 30d or 12h',
    ).makeOptionMandatory(),
    new Option('--dry-run', 'remove nothing, and print what would be removed'),
    homeOption(),
    jsonOption(),
  ],
  examples: ['headrace gc --older-than 30d', 'headrace gc --older-than 12h --dry-run'],
  local: async (...params) => (await import('../local/disk.ts')).gc(...params),
});
