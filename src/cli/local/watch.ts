/** `headrace runs watch` on this machine: another process executes the run. */
import { EXIT, type ExitCode, exitCodeOf } from '../../launch/exit-codes.ts';
import { InterruptSignals } from '../../launch/run-locally.ts';
import { localFeed } from '../../launch/watch/local-feed.ts';
import { watchRun } from '../../launch/watch/watch-run.ts';
import type { Output } from '../../view/output.ts';
import { runReportText } from '../../view/run-report.ts';
import { summarise } from '../../view/run-summary.ts';
import { createCommandView } from '../command-view.ts';
import type { WatchCommandOptions } from '../option-types.ts';
import { withSelectedRun } from '../select.ts';
import { abandonedNote, interruptedWatchNote } from '../watch-notes.ts';

export async function watch(
  text: string,
  options: WatchCommandOptions,
  output: Output,
): Promise<ExitCode> {
  return await withSelectedRun(text, options, async ({ home, records, run: { info } }) => {
    const json = options.json === true;
    const { hintTarget } = records;
    const { view, follow } = createCommandView({ json, follow: options.follow }, output);
    const signals = new InterruptSignals();
    try {
      const watched = await watchRun(localFeed(home, records, info.id), view, {
        until: signals.first,
        hintTarget,
        follow,
      }).finally(() => view.stop());
      if (watched === 'interrupted') output.note(interruptedWatchNote(info.id, hintTarget));
      if (watched === 'abandoned') output.note(abandonedNote(info.id, hintTarget));
      const run = await records.tasks.run(info.id);
      if (run === undefined) return EXIT.interrupted;
      if (json) for await (const part of runReportText(records, run)) await output.write(part);
      else if (watched === 'finished')
        await output.write(
          `${(await summarise(records, run, output.colors, output.columns)).join('\n')}\n`,
        );
      return watched === 'finished' ? exitCodeOf(run.head.status) : EXIT.interrupted;
    } finally {
      signals.release();
    }
  });
}
