/** `headrace runs list` on this machine. */

import type { ExitCode } from '../../launch/exit-codes.ts';
import { findHome, homeTarget } from '../../launch/home.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import type { Run } from '../../model/run.ts';
import type { RunFilter } from '../../ports/run-filter.ts';
import { isAbandoned } from '../../view/next-action.ts';
import type { Output } from '../../view/output.ts';
import type { ListCommandOptions } from '../option-types.ts';
import { withRecordsIfAny } from '../records.ts';
import { newestFirst, printRuns } from '../run-table.ts';
import { selectRun } from '../select.ts';

interface FoundRuns {
  readonly runs: readonly Run[];
  readonly abandoned: readonly Run[];
}

export async function list(options: ListCommandOptions, output: Output): Promise<ExitCode> {
  const { parent, project, pipeline, status, tag, by, from, to, search, archived, limit } = options;
  const filter = {
    ...{ project, pipeline, status, tag, from, to, limit },
    createdBy: by,
    text: search,
    archived: archived === true,
  };
  const home = findHome(options.home, process.cwd());
  const { runs, abandoned } = await withRecordsIfAny<FoundRuns>(
    home,
    { runs: [], abandoned: [] },
    async (records) =>
      findRuns(
        records,
        parent === undefined
          ? filter
          : { ...filter, parent: (await selectRun(records, parent)).info.id },
      ),
  );
  return await printRuns(runs, abandoned, options.json, output, homeTarget(home));
}

async function findRuns({ queries, owners }: HomeRecords, filter: RunFilter): Promise<FoundRuns> {
  const found = await queries.runs(filter);
  const runs = filter.parent === undefined ? found : newestFirst(found);
  const abandoned: Run[] = [];
  for (const run of runs) if (await isAbandoned(run, owners)) abandoned.push(run);
  return { runs, abandoned };
}
