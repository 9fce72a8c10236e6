/**
 * Follows a run of an API to its completion and prints the outcome, with the same view, document
 * and exit codes as for a local run.
 *
 * @module
 */

import { UploadInterruptedError } from '../../launch/errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../../launch/exit-codes.ts';
import type { Connection } from '../../launch/remote/connection.ts';
import {
  interruptedEvaluationNote,
  startLocalEvaluation,
  watchWhileEvaluating,
} from '../../launch/remote/local-evaluation.ts';
import { remoteFeed } from '../../launch/remote/remote-feed.ts';
import { RemoteSource } from '../../launch/remote/remote-source.ts';
import { InterruptSignals } from '../../launch/run-locally.ts';
import { watchRun } from '../../launch/watch/watch-run.ts';
import type { Output } from '../../view/output.ts';
import { runReportText } from '../../view/run-report.ts';
import { summarise } from '../../view/run-summary.ts';
import { createCommandView, type ViewOptions } from '../command-view.ts';
import { interruptedWatchNote } from '../watch-notes.ts';

/** A run to follow. */
export interface FollowedRun {
  readonly id: string;
  /** A final status at this revision or before is from an earlier generation. */
  readonly afterRevision?: number;
  /** This process evaluates the logic. */
  readonly evaluatesLocally?: boolean;
}

export async function followRemoteRun(
  connection: Connection,
  start: () => Promise<FollowedRun>,
  options: ViewOptions,
  output: Output,
): Promise<ExitCode> {
  const { client, hintTarget } = connection;
  const { json } = options;
  const { view, follow } = createCommandView(options, output);
  const signals = new InterruptSignals();
  try {
    const { id, afterRevision, evaluatesLocally } = await start();
    const evaluation =
      evaluatesLocally === true ? await startLocalEvaluation(connection, id) : undefined;
    const watching = watchRun(remoteFeed(client, id), view, {
      until: signals.first,
      hintTarget,
      follow,
      ...(afterRevision === undefined ? {} : { afterRevision }),
    });
    const watched = await watchWhileEvaluating(evaluation, output.note, watching).finally(() =>
      view.stop(),
    );
    const isTerminal = watched === 'finished';
    if (!isTerminal && evaluatesLocally === true)
      output.note(interruptedEvaluationNote(id, hintTarget));
    else if (!isTerminal) output.note(interruptedWatchNote(id, hintTarget));
    const source = new RemoteSource(client, { metrics: json, hintTarget });
    const run = await source.run(id);
    if (json) for await (const part of runReportText(source, run)) await output.write(part);
    else if (isTerminal)
      await output.write(
        `${(await summarise(source, run, output.colors, output.columns)).join('\n')}\n`,
      );
    return isTerminal ? exitCodeOf(run.head.status) : EXIT.interrupted;
  } catch (error) {
    if (!(error instanceof UploadInterruptedError)) throw error;
    output.note(error.message);
    return EXIT.interrupted;
  } finally {
    signals.release();
  }
}
