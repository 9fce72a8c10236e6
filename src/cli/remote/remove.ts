/** `headrace runs remove` on runs of an API. */
import { allItems, type Client } from '../../client/client.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import { connect } from '../../launch/remote/connection.ts';
import { MAX_API_PAGE_ITEMS, toRunListItem } from '../../launch/remote/remote-source.ts';
import type { Output } from '../../view/output.ts';
import type { RunListItem } from '../../view/view-models.ts';
import type { RemoveCommandOptions } from '../option-types.ts';
import { type RemovableRuns, removeRuns, type StoredFilter } from '../remove-runs.ts';
import { selectRemoteRun } from './select.ts';

export async function remove(
  texts: readonly string[],
  options: RemoveCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  return await removeRuns(removableRuns(client), texts, options, output);
}

const removableRuns = (client: Client): RemovableRuns => ({
  named: async (text) => toRunListItem(await selectRemoteRun(client, text)),
  async *matching(filter: StoredFilter): AsyncGenerator<RunListItem> {
    for await (const run of allItems((cursor) =>
      client.runs({ ...filter, archived: 'include', limit: MAX_API_PAGE_ITEMS, ...cursor }),
    ))
      yield toRunListItem(run);
  },
  remove: async ({ info }) => {
    await client.removeRun(info.id);
  },
});
