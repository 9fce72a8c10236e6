/**
 * Prints a list of runs, as a table or as JSON.
 *
 * @module
 */
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { creatorName } from '../model/run-creator.ts';
import { runStatusText } from '../view/awaited-signals.ts';
import { formatDuration, formatTable, formatTime } from '../view/format.ts';
import type { HintTarget } from '../view/hints.ts';
import { abandonedLine } from '../view/next-action.ts';
import type { Output } from '../view/output.ts';
import { runSummaryReport } from '../view/run-report.ts';
import { paintStatus } from '../view/status-style.ts';
import { runLabel } from '../view/view.ts';
import type { RunListItem } from '../view/view-models.ts';

/** @param abandoned runs of the list that no process executes any more */
export async function printRuns(
  runs: readonly RunListItem[],
  abandoned: readonly RunListItem[],
  json: boolean | undefined,
  output: Output,
  hintTarget?: HintTarget,
): Promise<ExitCode> {
  if (json) await output.write(`${JSON.stringify(runs.map(runSummaryReport))}\n`);
  else
    await output.write(
      `${(runs.length === 0 ? ['no runs'] : [...table(runs, output), ...abandoned.map((run) => output.colors.yellow(abandonedLine(run, hintTarget)))]).join('\n')}\n`,
    );
  return EXIT.completed;
}

/** Child runs of one run are listed in the order of their ids. */
export const newestFirst = <R extends RunListItem>(runs: readonly R[]): R[] =>
  [...runs].sort((a, b) => b.info.createdAt - a.info.createdAt);

/** The step that started a child run. */
const parentText = ({ info: { parent } }: RunListItem): string =>
  parent === undefined ? '' : `${parent.step} of ${parent.pipeline}#${parent.number}`;

const creatorText = ({ info: { createdBy } }: RunListItem): string =>
  createdBy === undefined ? '' : creatorName(createdBy);

function table(runs: readonly RunListItem[], { colors }: Output): string[] {
  const duration = ({ head }: RunListItem) =>
    head.startedAt === null ? '' : formatDuration((head.endedAt ?? Date.now()) - head.startedAt);
  return formatTable(
    runs,
    [
      { title: 'run', value: ({ info }) => info.id },
      { title: 'pipeline', value: runLabel },
      { title: 'project', value: ({ info }) => info.project },
      { title: 'version', value: ({ info }) => info.version },
      {
        title: 'status',
        value: ({ head }) => runStatusText(head),
        paint: (text, { head }) => paintStatus(text, head.status, colors),
      },
      { title: 'created', value: ({ info }) => formatTime(info.createdAt) },
      { title: 'took', value: duration },
      ...(runs.some(({ info }) => info.parent !== undefined)
        ? [{ title: 'started by', value: parentText, paint: colors.dim }]
        : []),
      ...(new Set(runs.map(creatorText)).size > 1 ? [{ title: 'by', value: creatorText }] : []),
      { title: 'tags', value: ({ head }) => head.tags.join(', '), paint: colors.dim },
    ],
    colors.dim,
  );
}
