/** `headrace runs list` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { ListCommandOptions } from '../option-types.ts';
import { jsonOption, targetOptions, timeOrAge, wholeNumber } from '../options.ts';

export const runsList = defineCommand<[options: ListCommandOptions]>({
  name: 'runs list',
  description: 'the runs, newest first',
  options: [
    new Option('--project <project>', 'only of this project and the projects below it'),
    new Option('--pipeline <name>', 'only of this pipeline'),
    new Option('--status <status>', 'only in this status').choices([
      'queued',
      'running',
      'aborting',
      'completed',
      'failed',
      'aborted',
    ]),
    new Option('--tag <tag>', 'only with this tag'),
    new Option(
      '--by <name>',
      'only of this creator: a user, the name of an AWS session, or "schedule NAME"',
    ),
    new Option(
      '--from <time>',
      'only created since: a time as in 2026-11-30 or 2026-11-30T08:00Z, or an age as in 7d',
    ).argParser(timeOrAge),
    new Option('--to <time>', 'only created before').argParser(timeOrAge),
    new Option('--search <text>', 'only with these words in name, tags, note or creator'),
    new Option('--archived', 'only archived runs'),
    new Option('--parent <run>', 'only the child runs of this run'),
    new Option('--limit <number>', 'at most this many').argParser(wholeNumber).default(20),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace runs list',
    'headrace runs list --project team --tag nightly',
    'headrace runs list --status failed --json',
    'headrace runs list --by mina --from 7d',
    'headrace runs list --parent iris#7',
  ],
  local: async (...params) => (await import('../local/list.ts')).list(...params),
  remote: async (...params) => (await import('../remote/runs.ts')).list(...params),
});
