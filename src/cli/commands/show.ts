/** `headrace runs show` */
import type { Liveness } from '../../ports/liveness.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatTime } from '../format.ts';
import { findHome } from '../home.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import { openRecords } from '../records.ts';
import { type ReportSource, runReportText } from '../run-report.ts';
import { summarise } from '../run-summary.ts';
import { selectRun } from '../select.ts';
import type { TargetOptions } from '../target.ts';
import type { RunViewModel } from '../view-models.ts';

export async function show(
  text: string,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    await printRun(records, await selectRun(records, text), options.json, output);
    return EXIT.completed;
  } finally {
    await records.close();
  }
}

export async function printRun(
  source: ReportSource & { readonly owners?: Liveness },
  run: RunViewModel,
  json: boolean | undefined,
  output: Output,
): Promise<void> {
  if (json) {
    for await (const part of runReportText(source, run)) await output.write(part);
    return;
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
}
