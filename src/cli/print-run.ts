/**
 * Prints one run, as text or as the document of `--json`.
 *
 * @module
 */

import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { RunId } from '../model/ids.ts';
import type { Liveness } from '../ports/liveness.ts';
import { formatTime } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import { type ReportSource, runReportText, stepReport } from '../view/run-report.ts';
import { summarise } from '../view/run-summary.ts';
import { stepLines } from '../view/step-text.ts';
import type { RunViewModel, StepViewModel } from '../view/view-models.ts';
import type { PrintedStep } from '../wire/printed.ts';

/** Prints the steps that were named: each as text, or all as the list of `--json`. */
export async function printSteps(
  source: ReportSource,
  run: RunId,
  steps: readonly StepViewModel[],
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  if (json) {
    const reports: PrintedStep[] = [];
    for (const step of steps) reports.push(await stepReport(source, run, step));
    await output.write(`${JSON.stringify(reports)}\n`);
    return EXIT.completed;
  }
  for (const [index, step] of steps.entries()) {
    const lines = await stepLines(source, run, step, output);
    await output.write(`${index === 0 ? '' : '\n'}${lines.join('\n')}\n`);
  }
  return EXIT.completed;
}

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
    ...(info.parent === undefined
      ? []
      : [
          `started by step ${info.parent.step} of ${info.parent.pipeline}#${info.parent.number} (${info.parent.run})`,
        ]),
    ...(head.tags.length === 0 ? [] : [`tags ${head.tags.join(', ')}`]),
    ...(head.note === undefined ? [] : [`note: ${head.note}`]),
    ...(head.archived === true ? ['archived: lists leave the run out'] : []),
    ...argumentLines(info),
    '',
  ];
  await output.write(
    `${[...facts, ...(await summarise(source, run, output.colors))].join('\n')}\n`,
  );
  return EXIT.completed;
}

/** The arguments, below their sections if the pipeline has any. */
function argumentLines({ args, declaration }: RunViewModel['info']): string[] {
  const sections = Object.entries(declaration?.argsMap ?? {});
  const sectionOf = (argument: string): string =>
    sections.find(([, names]) => names.includes(argument))?.[0] ?? 'Args';
  return Object.entries(args).map(
    ([name, value]) =>
      `${sections.length === 0 ? '' : `${sectionOf(name)}/`}${name} = ${JSON.stringify(value)}`,
  );
}
