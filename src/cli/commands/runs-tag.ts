/** `headrace runs tag` */

import { CommandLineError } from '../../launch/errors.ts';
import { EXIT } from '../../launch/exit-codes.ts';
import { defineCommand } from '../command.ts';
import type { TargetOptions } from '../option-types.ts';
import { repeatableOption, runArgument, targetOptions } from '../options.ts';
import { withSelectedRun } from '../select.ts';

export interface TagOptions extends TargetOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export const runsTag = defineCommand<[run: string, options: TagOptions]>({
  name: 'runs tag',
  description: 'add and remove tags',
  arguments: [runArgument()],
  options: [
    repeatableOption('--add <tag>', 'add this tag (repeatable)'),
    repeatableOption('--remove <tag>', 'remove this tag (repeatable)'),
    ...targetOptions(),
  ],
  examples: ['headrace runs tag latest --add best --remove candidate'],
  async local(text, options, output) {
    const { add, remove } = options;
    if (add.length + remove.length === 0)
      throw new CommandLineError('nothing to change: use --add or --remove');
    const { requireTags } = await import('../tags.ts');
    requireTags('--add', add);
    const { editHeadLocally } = await import('../record-edits.ts');
    return await withSelectedRun(text, options, async ({ records, run }) => {
      await editHeadLocally(records, run.info.id, { kind: 'run.tags', add, remove });
      await output.write(`the tags of run ${run.info.id} are changed\n`);
      return EXIT.completed;
    });
  },
  async remote(text, options, output) {
    const { connectToRun } = await import('../remote/select.ts');
    const { connection, run } = await connectToRun(text, options);
    await connection.client.changeTags(run.id, {
      add: [...options.add],
      remove: [...options.remove],
    });
    await output.write(`the tags of run ${run.id} are changed\n`);
    return EXIT.completed;
  },
});
