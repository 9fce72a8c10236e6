/** `headrace runs list` */
import type { Run } from '../../model/run.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatDuration, formatTable, formatTime } from '../format.ts';
import { findHome } from '../home.ts';
import type { HomeRecords } from '../load-engine.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import { withRecordsIfAny } from '../records.ts';
import { runSummaryReport } from '../run-report.ts';
import { abandonedLine, isAbandoned } from '../run-summary.ts';
import type { TargetOptions } from '../target.ts';
import { paintStatus } from '../view/status-style.ts';
import { runLabel } from '../view/view.ts';
import type { RunListItem } from '../view-models.ts';

export interface ListOptions extends TargetOptions, JsonOption {
  readonly project?: string;
  readonly pipeline?: string;
  readonly status?: string;
  readonly limit: number;
}

export async function list(options: ListOptions, output: Output): Promise<ExitCode> {
  const { project, pipeline, status, limit } = options;
  const filter = {
    limit,
    ...(project === undefined ? {} : { project }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(status === undefined ? {} : { status }),
  };
  const noRuns = { runs: [], abandoned: [] };
  const { runs, abandoned } = await withRecordsIfAny(
    findHome(options.home, process.cwd()),
    noRuns,
    (records) => findRuns(records, filter),
  );
  await printRuns(runs, abandoned, options.json, output);
  return EXIT.completed;
}

export async function printRuns(
  runs: readonly RunListItem[],
  abandoned: readonly RunListItem[],
  json: boolean | undefined,
  output: Output,
): Promise<void> {
  if (json) await output.write(`${JSON.stringify(runs.map(runSummaryReport))}\n`);
  else
    await output.write(
      `${(runs.length === 0 ? ['no runs'] : [...table(runs, output), ...abandoned.map((run) => output.colors.yellow(abandonedLine(run)))]).join('\n')}\n`,
    );
}

async function findRuns(
  { queries, owners }: HomeRecords,
  filter: Parameters<HomeRecords['queries']['runs']>[0],
): Promise<{ runs: readonly Run[]; abandoned: Run[] }> {
  const runs = await queries.runs(filter);
  const abandoned: Run[] = [];
  for (const run of runs) if (await isAbandoned(run, owners)) abandoned.push(run);
  return { runs, abandoned };
}

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
        value: ({ head }) => head.status,
        paint: (text, { head }) => paintStatus(text, head.status, colors),
      },
      { title: 'created', value: ({ info }) => formatTime(info.createdAt) },
      { title: 'took', value: duration },
      { title: 'tags', value: ({ head }) => head.tags.join(', '), paint: colors.dim },
    ],
    colors.dim,
  );
}
