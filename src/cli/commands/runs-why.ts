/** `headrace runs why` */
import { Argument } from 'commander';
import { defineCommand } from '../command.ts';
import type { JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, runArgument, targetOptions } from '../options.ts';
import { selectSteps, withSelectedRun } from '../select.ts';

export const runsWhy = defineCommand<
  [run: string, step: string, options: TargetOptions & JsonOption]
>({
  name: 'runs why',
  description: 'why a step was computed, or taken from the cache',
  arguments: [runArgument(), new Argument('<step>', 'the step, or all calls of this component')],
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace runs why latest train', 'headrace runs why 01k9 train_3 --json'],
  async local(text, name, options, output) {
    const [{ explainCache }, { printExplanations }] = await Promise.all([
      import('../../ports/cache-explanation.ts'),
      import('../print-explanations.ts'),
    ]);
    return await withSelectedRun(text, options, async ({ records, run }) => {
      const steps = await selectSteps(records, run.info.id, name);
      return await printExplanations(
        steps,
        (step) => explainCache(records, run, step),
        options.json,
        output,
      );
    });
  },
  async remote(text, name, options, output) {
    const [{ connectToRun, selectRemoteSteps }, { printExplanations }] = await Promise.all([
      import('../remote/select.ts'),
      import('../print-explanations.ts'),
    ]);
    const { connection, run } = await connectToRun(text, options);
    const { client } = connection;
    return await printExplanations(
      await selectRemoteSteps(client, run.id, name),
      ({ call }) => client.explainCache(run.id, call),
      options.json,
      output,
    );
  },
});
