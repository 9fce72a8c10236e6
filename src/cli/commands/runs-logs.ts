/** `headrace runs logs` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { LogsCommandOptions } from '../option-types.ts';
import { runOrLatestArgument, targetOptions, wholeNumber } from '../options.ts';

export const runsLogs = defineCommand<
  [run: string, step: string | undefined, options: LogsCommandOptions]
>({
  name: 'runs logs',
  description: 'what steps printed and reported',
  arguments: [
    runOrLatestArgument(),
    new Argument('[step]', 'only this step, or all calls of this component; as --step'),
  ],
  options: [
    new Option('--step <step>', 'only this step, or all calls of this component'),
    new Option('--attempt <number>', 'only this attempt').argParser(wholeNumber),
    new Option(
      '--tail <lines>',
      'only the last lines that each attempt printed; the rest is not read',
    ).argParser(wholeNumber),
    new Option('--search <text>', 'only lines with this text, in any case of letters'),
    new Option('--follow', 'print new lines until the run is finished, each after its step'),
    ...targetOptions(),
    new Option('--json', 'print each line as a JSON object: step, attempt, time, stream, text'),
  ],
  examples: [
    'headrace runs logs',
    'headrace runs logs iris#7 train --attempt 1',
    'headrace runs logs latest --follow',
    'headrace runs logs latest train --tail 50',
    'headrace runs logs latest --search warning',
  ],
  local: async (...params) => (await import('../local/logs.ts')).logs(...params),
  remote: async (...params) => (await import('../remote/logs.ts')).logs(...params),
});
