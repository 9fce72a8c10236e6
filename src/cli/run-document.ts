/**
 * Reads the whole document of a run, as `--json` prints it, for commands that compare or draw runs.
 *
 * @module
 */
import { type ReportSource, runReportText } from '../view/run-report.ts';
import type { RunViewModel } from '../view/view-models.ts';
import { type PrintedRun, printedRunSchema } from '../wire/printed.ts';

export async function readRunDocument(
  source: ReportSource,
  run: RunViewModel,
): Promise<PrintedRun> {
  let text = '';
  for await (const part of runReportText(source, run)) text += part;
  return printedRunSchema.parse(JSON.parse(text));
}
