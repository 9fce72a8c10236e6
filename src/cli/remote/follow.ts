/**
 * Follows a run behind an API to its end and prints what came of it: the same view, document and exit codes as for a run on this machine.
 *
 * @module
 */
import { Signals, viewOn } from '../drive.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit.ts';
import type { Output } from '../output.ts';
import { runDocument } from '../report.ts';
import { summarise } from '../summary.ts';
import { silentView } from '../view/view.ts';
import type { Connection } from './connection.ts';
import { evaluateHere, leftNote, whileEvaluating } from './evaluate.ts';
import { remoteSource } from './source.ts';
import { watch } from './watch.ts';

/** A run to follow. */
export interface Followed {
  readonly id: string;
  /** Its end at this revision is an old one. */
  readonly beyond?: number;
  /** Its logic is this process's part. */
  readonly evaluate?: boolean;
}

export async function followRemote(
  connection: Connection,
  begin: () => Promise<Followed>,
  { json }: { readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const { client } = connection;
  const view = json
    ? output.errIsTerminal
      ? viewOn('stderr', output)
      : silentView
    : viewOn('stdout', output);
  const signals = new Signals();
  try {
    const { id, beyond, evaluate } = await begin();
    const evaluating = evaluate === true ? await evaluateHere(connection, id) : undefined;
    const watching = watch(client, id, view, {
      until: signals.first,
      ...(beyond === undefined ? {} : { beyond }),
    });
    const isOver = await whileEvaluating(evaluating, output.note, watching).finally(() =>
      view.end(),
    );
    if (!isOver && evaluate === true) output.note(leftNote(id));
    else if (!isOver)
      output.note(
        `interrupted: the run goes on without this command; see it with: headrace runs show ${id}, end it with: headrace runs abort ${id}`,
      );
    const source = remoteSource(client, { metrics: json });
    const run = await source.run(id);
    if (json) for await (const part of runDocument(source, run)) await output.write(part);
    else if (isOver)
      await output.write(`${(await summarise(source, run, output.colors)).join('\n')}\n`);
    return isOver ? exitCodeOf(run.head.status) : EXIT.interrupted;
  } finally {
    signals.release();
  }
}
