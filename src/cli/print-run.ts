/**
 * Prints one run, as text or as the document of `--json`.
 *
 * @module
 */

import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { Liveness } from '../ports/liveness.ts';
import { formatTime } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import { type ReportSource, runReportText } from '../view/run-report.ts';
import { summarise } from '../view/run-summary.ts';
import type { RunViewModel } from '../view/view-models.ts';

export async function printRun(
  source: ReportSource & { readonly owners?: Liveness },
  run: RunViewModel,
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  if (json) {
    for await (const part of runReportText(source, run)) await output.write(part);
    return EXIT.completed;
  }
  const { info, head } = run;
  const facts = [
    `project ${info.project}, version ${info.version}, created ${formatTime(info.createdAt)}`,
    ...(info.rerunOf === null ? [] : [`rerun of ${info.rerunOf}`]),
    ...(head.tags.length === 0 ? [] : [`tags ${head.tags.join(', ')}`]),
    ...Object.entries(info.args).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    '',
  ];
  await output.write(
    `${[...facts, ...(await summarise(source, run, output.colors))].join('\n')}\n`,
  );
  return EXIT.completed;
}
