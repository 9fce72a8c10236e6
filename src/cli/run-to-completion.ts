/**
 * The shared part of `run`, `resume` and `rerun`: executes the run to its completion and prints the
 * outcome. The commands differ only in how the run starts.
 *
 * With `json`, stdout has exactly one document for every outcome of the run.
 *
 * @module
 */

import { EXIT, type ExitCode, exitCodeOf } from '../launch/exit-codes.ts';
import type { Engine, EngineOptions } from '../launch/load-engine.ts';
import { reportSourceOf, runLocally } from '../launch/run-locally.ts';
import type { Run } from '../model/run.ts';
import type { Output } from '../view/output.ts';
import { type ReportSource, runReportText } from '../view/run-report.ts';
import { summarise } from '../view/run-summary.ts';
import { createCommandView, type ViewOptions } from './command-view.ts';
import { openRecords } from './records.ts';

export interface RunToCompletionOptions extends ViewOptions {
  readonly home: string;
  readonly queueConcurrency: EngineOptions['queueConcurrency'];
  readonly containers: EngineOptions['containers'];
}

/** @param start starts or resumes a run on the engine */
export async function runToCompletion(
  start: (engine: Engine) => Promise<Run>,
  { home, queueConcurrency, containers, json, follow }: RunToCompletionOptions,
  output: Output,
): Promise<ExitCode> {
  return await runLocally<ExitCode>({
    home,
    queueConcurrency,
    containers,
    ...createCommandView({ json, follow }, output),
    note: output.note,
    start,
    async onCompleted(engine, run) {
      if (json) await printReport(reportSourceOf(engine, home), run, output);
      else
        await output.write(
          `${(await summarise(reportSourceOf(engine, home), run, output.colors, output.columns)).join('\n')}\n`,
        );
      return exitCodeOf(run.head.status);
    },
    async onInterrupted(run) {
      if (json) {
        const records = await openRecords(home);
        await printReport(records, (await records.tasks.run(run.info.id)) ?? run, output).finally(
          () => records.close(),
        );
      }
      return EXIT.interrupted;
    },
  });
}

async function printReport(source: ReportSource, run: Run, output: Output): Promise<void> {
  for await (const part of runReportText(source, run)) await output.write(part);
}
