/** `headrace runs note` */
import { Argument, Option } from 'commander';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT } from '../../launch/exit-codes.ts';
import { MAX_NOTE_LENGTH } from '../../model/limits.ts';
import { defineCommand } from '../command.ts';
import type { TargetOptions } from '../option-types.ts';
import { runArgument, targetOptions } from '../options.ts';
import { withSelectedRun } from '../select.ts';

export interface NoteOptions extends TargetOptions {
  readonly remove?: boolean;
}

export const runsNote = defineCommand<
  [run: string, text: string | undefined, options: NoteOptions]
>({
  name: 'runs note',
  description: 'write a note about a run, or remove it',
  arguments: [runArgument(), new Argument('[text]', 'the note; it replaces an earlier one')],
  options: [new Option('--remove', 'remove the note'), ...targetOptions()],
  examples: [
    'headrace runs note iris#7 "the first with the new features"',
    'headrace runs note iris#7 --remove',
  ],
  async local(text, note, options, output) {
    const change = noteOf(note, options);
    const { editHeadLocally } = await import('../record-edits.ts');
    return await withSelectedRun(text, options, async ({ records, run }) => {
      await editHeadLocally(records, run.info.id, { kind: 'run.annotations', note: change });
      await output.write(`the note of run ${run.info.id} is changed\n`);
      return EXIT.completed;
    });
  },
  async remote(text, note, options, output) {
    const change = noteOf(note, options);
    const { connectToRun } = await import('../remote/select.ts');
    const { connection, run } = await connectToRun(text, options);
    await connection.client.changeRun(run.id, { note: change });
    await output.write(`the note of run ${run.id} is changed\n`);
    return EXIT.completed;
  },
});

/** Null: it is removed. @throws CommandLineError */
function noteOf(text: string | undefined, { remove }: NoteOptions): string | null {
  const note = text?.trim() ?? '';
  if ((note === '') !== (remove === true))
    throw new CommandLineError('write either the text of the note, or --remove');
  if (note.length > MAX_NOTE_LENGTH)
    throw new CommandLineError(
      `the note has ${note.length} characters, and it may have ${MAX_NOTE_LENGTH}`,
    );
  return remove === true ? null : note;
}
