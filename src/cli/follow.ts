/**
 * What `run`, `resume` and `rerun` have in common: the run is moved to its end, and what came of it is printed. They differ only in how it begins.
 *
 * With `json`, stdout has exactly one document, whatever happened to the run.
 *
 * @module
 */
import type { Run } from '../model/run.ts';
import { drive, sourceOf, viewOn } from './drive.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit.ts';
import type { Output } from './output.ts';
import { openRecords } from './records.ts';
import { type ReportSource, runDocument } from './report.ts';
import { summarise } from './summary.ts';
import { silentView } from './view/view.ts';

export interface FollowOptions {
  readonly home: string;
  readonly queueConcurrency: EngineOptions['queueConcurrency'];
  readonly json: boolean;
}

/** @param begin starts or resumes a run on the engine. */
export async function follow(
  begin: (engine: Engine) => Promise<Run>,
  { home, queueConcurrency, json }: FollowOptions,
  output: Output,
): Promise<ExitCode> {
  return await drive<ExitCode>({
    home,
    queueConcurrency,
    view: json
      ? output.errIsTerminal
        ? viewOn('stderr', output)
        : silentView
      : viewOn('stdout', output),
    note: output.note,
    begin,
    async ended(engine, run) {
      if (json) await printDocument(sourceOf(engine), run, output);
      else
        await output.write(
          `${(await summarise(sourceOf(engine), run, output.colors)).join('\n')}\n`,
        );
      return exitCodeOf(run.head.status);
    },
    async interrupted(run) {
      if (json) {
        const records = await openRecords(home);
        await printDocument(records, (await records.tasks.run(run.info.id)) ?? run, output).finally(
          () => records.close(),
        );
      }
      return EXIT.interrupted;
    },
  });
}

async function printDocument(source: ReportSource, run: Run, output: Output): Promise<void> {
  for await (const part of runDocument(source, run)) await output.write(part);
}
