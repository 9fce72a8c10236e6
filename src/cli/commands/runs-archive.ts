/** `headrace runs archive` and `headrace runs unarchive` */
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { isTerminalRun } from '../../model/run.ts';
import type { Output } from '../../view/output.ts';
import { defineCommand } from '../command.ts';
import type { TargetOptions } from '../option-types.ts';
import { runArgument, targetOptions } from '../options.ts';
import { withSelectedRun } from '../select.ts';

export const runsArchive = defineCommand<[run: string, options: TargetOptions]>({
  name: 'runs archive',
  description: 'hide a run that has ended from lists; it stays, and a resume shows it again',
  arguments: [runArgument()],
  options: [...targetOptions()],
  examples: ['headrace runs archive iris#7', 'headrace runs list --archived'],
  local: (text, options, output) => archiveLocally(text, options, true, output),
  remote: (text, options, output) => archiveRemotely(text, options, true, output),
});

export const runsUnarchive = defineCommand<[run: string, options: TargetOptions]>({
  name: 'runs unarchive',
  description: 'show an archived run in lists again',
  arguments: [runArgument()],
  options: [...targetOptions()],
  examples: ['headrace runs unarchive iris#7'],
  local: (text, options, output) => archiveLocally(text, options, false, output),
  remote: (text, options, output) => archiveRemotely(text, options, false, output),
});

async function archiveLocally(
  text: string,
  options: TargetOptions,
  archived: boolean,
  output: Output,
): Promise<ExitCode> {
  const { editHeadLocally } = await import('../record-edits.ts');
  return await withSelectedRun(text, options, async ({ records, run: { info, head } }) => {
    if (archived && !isTerminalRun(head.status))
      throw new CommandLineError(
        `run ${info.id} is ${head.status}: only a run that has ended can be archived`,
      );
    await editHeadLocally(records, info.id, { kind: 'run.annotations', archived });
    return await report(info.id, archived, output);
  });
}

async function archiveRemotely(
  text: string,
  options: TargetOptions,
  archived: boolean,
  output: Output,
): Promise<ExitCode> {
  const { connectToRun } = await import('../remote/select.ts');
  const { connection, run } = await connectToRun(text, options);
  await connection.client.changeRun(run.id, { archived });
  return await report(run.id, archived, output);
}

async function report(id: string, archived: boolean, output: Output): Promise<ExitCode> {
  await output.write(`run ${id} is ${archived ? 'archived' : 'in lists again'}\n`);
  return EXIT.completed;
}
