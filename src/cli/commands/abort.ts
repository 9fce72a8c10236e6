/** `headrace runs abort` */
import { isTerminalRun } from '../../model/run.ts';
import { openEngine } from '../engine.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandLineError, refusable } from '../failure.ts';
import { findHome } from '../home.ts';
import type { Output } from '../output.ts';
import type { PlaceOptions } from '../place.ts';
import { openRecords } from '../records.ts';
import { selectRun } from '../select.ts';

/** Running steps are given time to end before they are killed; beyond this nobody waits for them. */
const PATIENCE_MILLISECONDS = 60_000;

export async function abort(
  text: string,
  options: PlaceOptions & { readonly reason: string },
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
  const engine = await openEngine({ home });
  let timer: NodeJS.Timeout | undefined;
  try {
    await refusable(engine.abort(id, options.reason));
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE_MILLISECONDS);
    });
    const ended = await Promise.race([engine.waitUntilFinished(id), late]);
    await output.write(
      ended === undefined
        ? `run ${id} is told to abort, but has not ended yet\n`
        : `run ${id} is ${ended.head.status}\n`,
    );
    return ended?.head.status === 'completed' ? EXIT.failed : EXIT.completed;
  } finally {
    clearTimeout(timer);
    await engine.close();
  }
}
