/**
 * Runs the pipeline that a program calls behind an API. The program's process watches the run.
 *
 * @module
 */
import type { LaunchRequest } from '../sdk/launch.ts';
import { bindArguments } from '../submit/arguments.ts';
import { remoteNotes } from '../submit/notes.ts';
import { hint } from '../view/hints.ts';
import { colorsFor, processOutput, terminalWidth } from '../view/output.ts';
import { summarise } from '../view/run-summary.ts';
import { compileRequest } from './compile-request.ts';
import { UploadInterruptedError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { withProgramView } from './program-view.ts';
import { connect } from './remote/connection.ts';
import {
  interruptedEvaluationNote,
  startLocalEvaluation,
  watchWhileEvaluating,
} from './remote/local-evaluation.ts';
import { remoteFeed } from './remote/remote-feed.ts';
import { RemoteSource } from './remote/remote-source.ts';
import { startRemoteRun } from './remote/start-run.ts';
import { InterruptSignals } from './run-locally.ts';
import { runResult } from './run-result.ts';
import { watchRun } from './watch/watch-run.ts';

/**
 * Starts the run, shows its progress, and returns the pipeline's result.
 *
 * @throws PipelineRunError if the run does not complete
 * @throws HeadraceError if the pipeline, the arguments or the connection are invalid
 */
export async function launch(request: LaunchRequest): Promise<unknown> {
  const output = processOutput();
  const colors = colorsFor(output.errIsTerminal, process.env);
  const compiled = await compileRequest(request);
  const args = bindArguments(request.args, compiled.code.signature);
  for (const note of remoteNotes(compiled)) output.note(note);
  const connection = connect({}, request.file);
  return await withProgramView(output, async (view) => {
    const signals = new InterruptSignals();
    try {
      const { id, evaluatesLocally } = await startRemoteRun(connection, {
        compiled,
        args,
        noCache: false,
        defaultQueue: request.defaultQueue,
        note: output.note,
      });
      const evaluation = evaluatesLocally ? await startLocalEvaluation(connection, id) : undefined;
      const watching = watchRun(remoteFeed(connection.client, id), view, {
        until: signals.first,
        hintTarget: connection.hintTarget,
      });
      const watched = await watchWhileEvaluating(evaluation, output.note, watching).finally(() =>
        view.stop(),
      );
      if (watched !== 'finished') {
        output.note(
          evaluatesLocally
            ? interruptedEvaluationNote(id, connection.hintTarget)
            : `interrupted: the run continues without this program; watch it with: ${hint(connection.hintTarget, 'runs', 'watch', id)}, stop it with: ${hint(connection.hintTarget, 'runs', 'abort', id)}`,
        );
        await output.flush();
        process.exit(EXIT.interrupted);
      }
      const source = new RemoteSource(connection.client, {
        metrics: false,
        hintTarget: connection.hintTarget,
      });
      const run = await source.run(id);
      for (const line of await summarise(source, run, colors, terminalWidth(process.stderr)))
        output.note(line);
      return await runResult(run, source.objects);
    } catch (error) {
      if (!(error instanceof UploadInterruptedError)) throw error;
      output.note(error.message);
      await output.flush();
      process.exit(EXIT.interrupted);
    } finally {
      signals.release();
    }
  });
}
