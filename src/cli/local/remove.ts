/** `headrace runs remove` on this machine. */
import type { ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import type { Run } from '../../model/run.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import type { RunListItem } from '../../view/view-models.ts';
import type { RemoveCommandOptions } from '../option-types.ts';
import { removeRunLocally } from '../record-edits.ts';
import { openRecords } from '../records.ts';
import { type RemovableRuns, removeRuns, type StoredFilter } from '../remove-runs.ts';
import { selectRun } from '../select.ts';

const PAGE_RUNS = 100;

export async function remove(
  texts: readonly string[],
  options: RemoveCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(options.home, process.cwd());
  const records = await openRecords(home);
  const runs = new RemovableLocalRuns(records, home);
  try {
    const exit = await removeRuns(runs, texts, options, output);
    if (runs.hasPublishedModels && options.json !== true)
      await output.write(
        `published models of removed runs stay: \`${hint(records.hintTarget, 'models', 'list')}\`\n`,
      );
    return exit;
  } finally {
    await records.close();
  }
}

class RemovableLocalRuns implements RemovableRuns {
  readonly #records: HomeRecords;
  readonly #home: string;
  /** Whether a removed run had published models, which are kept. */
  hasPublishedModels = false;

  constructor(records: HomeRecords, home: string) {
    this.#records = records;
    this.#home = home;
  }

  async named(text: string): Promise<Run> {
    return await selectRun(this.#records, text);
  }

  async *matching(filter: StoredFilter): AsyncGenerator<Run> {
    for (let before: string | undefined; ; ) {
      const page: readonly Run[] = await this.#records.queries.runs({
        ...filter,
        before,
        limit: PAGE_RUNS,
      });
      yield* page;
      before = page.at(-1)?.info.id;
      if (page.length < PAGE_RUNS) return;
    }
  }

  async remove({ info: { id } }: RunListItem): Promise<void> {
    const run = await selectRun(this.#records, id);
    const kept = await this.#records.models.keptObjects(run.info.id);
    if (kept.length > 0) this.hasPublishedModels = true;
    await removeRunLocally(this.#records, run, this.#home);
  }
}
