/** `headrace runs abort` on this machine. */

import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { loadEngine } from '../../launch/load-engine.ts';
import { createNotifier } from '../../launch/notifications.ts';
import { isTerminalRun } from '../../model/run.ts';
import type { Output } from '../../view/output.ts';
import { withUsageErrors } from '../errors.ts';
import type { AbortCommandOptions } from '../option-types.ts';
import { withSelectedRun } from '../select.ts';

/**
 * Running steps have time to stop before they are killed; the command waits no longer than this.
 */
const ABORT_TIMEOUT_MS = 60_000;

export async function abort(
  text: string,
  options: AbortCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { run, home } = await withSelectedRun(text, options, async (selected) => selected);
  const { id } = run.info;
  if (run.head.status === 'aborted') {
    await output.write(`run ${id} is aborted already\n`);
    return EXIT.completed;
  }
  if (isTerminalRun(run.head.status))
    throw new CommandLineError(
      `run ${id} is ${run.head.status} already: there is nothing to abort`,
    );
  const notifier = createNotifier({ home, note: output.note });
  const engine = await loadEngine({ home, onEvent: (event) => notifier.event(event) });
  notifier.attach(engine.store.tasks);
  let timer: NodeJS.Timeout | undefined;
  try {
    await withUsageErrors(engine.abort(id, options.reason));
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ABORT_TIMEOUT_MS);
    });
    const finished = await Promise.race([engine.waitUntilFinished(id), timeout]);
    await output.write(
      finished === undefined
        ? `the abort of run ${id} is requested, but it has not stopped yet\n`
        : `run ${id} is ${finished.head.status}\n`,
    );
    return finished?.head.status === 'completed' ? EXIT.failed : EXIT.completed;
  } finally {
    clearTimeout(timer);
    await notifier.settled();
    await engine.close();
  }
}
