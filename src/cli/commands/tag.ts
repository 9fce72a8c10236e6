/** `headrace runs tag` and `headrace runs remove` */
import { isTerminalRun } from '../../model/run.ts';
import { CommandLineError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findHome } from '../home.ts';
import type { Output } from '../output.ts';
import { changeTags, removeRun } from '../record-edits.ts';
import { openRecords } from '../records.ts';
import { selectRun } from '../select.ts';
import type { TargetOptions } from '../target.ts';

export interface TagOptions extends TargetOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export async function tag(text: string, options: TagOptions, output: Output): Promise<ExitCode> {
  const { add, remove: removed } = options;
  if (add.length + removed.length === 0)
    throw new CommandLineError('nothing to change: give --add or --remove');
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    const { info } = await selectRun(records, text);
    await changeTags(records, info.id, { add, remove: removed });
    await output.write(`the tags of run ${info.id} are changed\n`);
    return EXIT.completed;
  } finally {
    await records.close();
  }
}

export async function remove(
  text: string,
  options: TargetOptions,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(options.home, process.cwd());
  const records = await openRecords(home);
  try {
    const run = await selectRun(records, text);
    if (!isTerminalRun(run.head.status))
      throw new CommandLineError(`run ${run.info.id} is ${run.head.status}: abort it first`);
    await removeRun(records, run, home);
    await output.write(`run ${run.info.id} is removed\n`);
    return EXIT.completed;
  } finally {
    await records.close();
  }
}
