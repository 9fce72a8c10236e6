/** `headrace runs remove` */

import { CommandLineError } from '../../launch/errors.ts';
import { EXIT } from '../../launch/exit-codes.ts';
import { defineCommand } from '../command.ts';
import type { TargetOptions } from '../option-types.ts';
import { runArgument, targetOptions } from '../options.ts';
import { withSelectedRun } from '../select.ts';

export const runsRemove = defineCommand<[run: string, options: TargetOptions]>({
  name: 'runs remove',
  description: 'remove a finished run, with everything that it and its steps wrote',
  arguments: [runArgument()],
  options: targetOptions(),
  examples: ['headrace runs remove iris#7'],
  async local(text, options, output) {
    const [{ removeRunLocally }, { isTerminalRun }, { hint }] = await Promise.all([
      import('../record-edits.ts'),
      import('../../model/run.ts'),
      import('../../view/hints.ts'),
    ]);
    return await withSelectedRun(text, options, async ({ records, run, home }) => {
      if (!isTerminalRun(run.head.status))
        throw new CommandLineError(`run ${run.info.id} is ${run.head.status}: abort it first`);
      const kept = await records.models.keptObjects(run.info.id);
      await removeRunLocally(records, run, home);
      await output.write(`run ${run.info.id} is removed\n`);
      if (kept.length > 0)
        await output.write(
          `its published models stay: \`${hint(records.hintTarget, 'models', 'list')}\`\n`,
        );
      return EXIT.completed;
    });
  },
  async remote(text, options, output) {
    const { connectToRun } = await import('../remote/select.ts');
    const { connection, run } = await connectToRun(text, options);
    await connection.client.removeRun(run.id);
    await output.write(`run ${run.id} is removed\n`);
    return EXIT.completed;
  },
});
