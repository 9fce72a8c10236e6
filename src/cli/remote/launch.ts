/**
 * A run elsewhere that a plain program starts by calling its pipeline: this process watches it. What happens is told on stderr; stdout is the program's.
 *
 * @module
 */
import { PipelineRunError } from '../../sdk/errors.ts';
import type { LaunchRequest } from '../../sdk/launch.ts';
import { bindArguments } from '../../submit/arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { compileRequested, decodeValue } from '../launch.ts';
import { colorsFor, processOutput } from '../output.ts';
import { createView, InterruptSignals } from '../run-locally.ts';
import { summarise } from '../run-summary.ts';
import { PlainView } from '../view/plain-view.ts';
import { connect } from './connection.ts';
import {
  interruptedEvaluationNote,
  startLocalEvaluation,
  watchWhileEvaluating,
} from './local-evaluation.ts';
import { RemoteSource } from './remote-source.ts';
import { startRemoteRun } from './run.ts';
import { watchRun } from './watch-run.ts';

/** Runs of this program that are under way. */
let activeRuns = 0;

/**
 * Runs the pipeline to its end and returns its result.
 *
 * @throws PipelineRunError if the run does not complete
 * @throws HeadraceError if the pipeline, the arguments or the connection are at fault
 */
export async function launch(request: LaunchRequest): Promise<unknown> {
  const output = processOutput();
  const compiled = await compileRequested(request);
  const args = bindArguments(request.args, compiled.code.signature);
  const connection = connect({}, request.file);
  // Two pictures on one terminal would draw over each other.
  const view = ++activeRuns > 1 ? new PlainView(output.note) : createView('stderr', output);
  const signals = new InterruptSignals();
  try {
    const { id, evaluatesLocally } = await startRemoteRun(connection, {
      compiled,
      args,
      noCache: false,
      defaultQueue: request.defaultQueue,
    });
    const evaluation = evaluatesLocally ? await startLocalEvaluation(connection, id) : undefined;
    const watching = watchRun(connection.client, id, view, { until: signals.first });
    const isTerminal = await watchWhileEvaluating(evaluation, output.note, watching).finally(() =>
      view.stop(),
    );
    if (!isTerminal) {
      output.note(
        evaluatesLocally
          ? interruptedEvaluationNote(id)
          : `interrupted: the run goes on without this program; see it with: headrace runs show ${id} --mode remote`,
      );
      await output.flush();
      process.exit(EXIT.interrupted);
    }
    const source = new RemoteSource(connection.client, { metrics: false });
    const { info, head } = await source.run(id);
    for (const line of await summarise(
      source,
      { info, head },
      colorsFor(output.errIsTerminal, process.env),
    ))
      output.note(line);
    if (head.status !== 'completed') throw new PipelineRunError(info.id, head.status, head.error);
    return head.result === null ? undefined : await decodeValue(head.result, source.objects);
  } finally {
    signals.release();
    activeRuns--;
  }
}
