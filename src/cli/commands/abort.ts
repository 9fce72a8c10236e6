/** `headrace runs abort` */
import { isTerminalRun } from '../../model/run.ts';
import { CommandLineError, withUsageErrors } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findHome } from '../home.ts';
import { loadEngine } from '../load-engine.ts';
import type { Output } from '../output.ts';
import { openRecords } from '../records.ts';
import { selectRun } from '../select.ts';
import type { TargetOptions } from '../target.ts';

/** Running steps are given time to end before they are killed; beyond this nobody waits for them. */
const ABORT_TIMEOUT_MS = 60_000;

export async function abort(
  text: string,
  options: TargetOptions & { readonly reason: string },
  output: Output,
): Promise<ExitCode> {
  const home = findHome(options.home, process.cwd());
  const records = await openRecords(home);
  const run = await selectRun(records, text).finally(() => records.close());
  const { id } = run.info;
  if (run.head.status === 'aborted') {
    await output.write(`run ${id} is aborted already\n`);
    return EXIT.completed;
  }
  if (isTerminalRun(run.head.status))
    throw new CommandLineError(
      `run ${id} is ${run.head.status} already: there is nothing to abort`,
    );
  const engine = await loadEngine({ home });
  let timer: NodeJS.Timeout | undefined;
  try {
    await withUsageErrors(engine.abort(id, options.reason));
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ABORT_TIMEOUT_MS);
    });
    const completed = await Promise.race([engine.waitUntilFinished(id), timeout]);
    await output.write(
      completed === undefined
        ? `run ${id} is told to abort, but has not ended yet\n`
        : `run ${id} is ${completed.head.status}\n`,
    );
    return completed?.head.status === 'completed' ? EXIT.failed : EXIT.completed;
  } finally {
    clearTimeout(timer);
    await engine.close();
  }
}
