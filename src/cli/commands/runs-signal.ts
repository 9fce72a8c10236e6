/** `headrace runs signal` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { SignalCommandOptions } from '../option-types.ts';
import { runArgument, targetOptions } from '../options.ts';

export const runsSignal = defineCommand<
  [run: string, name: string, value: string | undefined, options: SignalCommandOptions]
>({
  name: 'runs signal',
  description: 'send a value to a run that waits for it with waitForSignal, as in an approval',
  arguments: [
    runArgument(),
    new Argument('<name>', 'the name of the signal'),
    new Argument('[json]', 'its value (default: null)'),
  ],
  options: [
    new Option('--key <text>', 'a signal that is sent twice with one key counts once'),
    ...targetOptions(),
  ],
  examples: [
    'headrace runs signal latest approve true',
    `headrace runs signal iris#7 review '{"approved":false,"by":"Ann"}'`,
  ],
  local: async (...params) => (await import('../local/signal.ts')).signal(...params),
  remote: async (...params) => (await import('../remote/signal.ts')).signal(...params),
});
