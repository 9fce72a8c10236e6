/** `headrace run --mode remote` */

import type { ExitCode } from '../../launch/exit-codes.ts';
import { connect } from '../../launch/remote/connection.ts';
import { startRemoteRun } from '../../launch/remote/start-run.ts';
import { remoteNotes } from '../../submit/notes.ts';
import type { Output } from '../../view/output.ts';
import { viewOptions } from '../command-view.ts';
import { compileForRun } from '../compile-file.ts';
import { requireNoContainers } from '../containers.ts';
import type { RunCommandOptions } from '../option-types.ts';
import { requireNoSignals } from '../signal-arguments.ts';
import { requireTags } from '../tags.ts';
import { followRemoteRun } from './follow-run.ts';

export async function run(
  file: string,
  options: RunCommandOptions,
  output: Output,
): Promise<ExitCode> {
  requireNoSignals(options);
  requireNoContainers(options, 'remote');
  requireTags('--tag', options.tag);
  const { compiled, args } = await compileForRun(file, options);
  for (const note of remoteNotes(compiled)) output.note(note);
  const connection = connect(options, file);
  return await followRemoteRun(
    connection,
    () =>
      startRemoteRun(connection, {
        compiled,
        args,
        tags: options.tag,
        noCache: !options.cache,
        note: output.note,
      }),
    viewOptions(options),
    output,
  );
}
