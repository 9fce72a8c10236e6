/** `headrace schedules …` on the schedules of an API. */
import { type Client, listAll } from '../../client/client.ts';
import { connect } from '../../launch/remote/connection.ts';
import { MAX_API_PAGE_ITEMS } from '../../launch/remote/remote-source.ts';
import type { TargetOptions } from '../option-types.ts';
import type { ScheduleRecords } from '../schedules.ts';
import { RemoteCatalog } from './catalog.ts';

/** Passes the schedules of the API to `action`. */
export async function withSchedules<T>(
  options: TargetOptions,
  action: (records: ScheduleRecords) => Promise<T>,
): Promise<T> {
  const { client, hintTarget = [] } = connect(options, process.cwd());
  return await action(scheduleRecordsOf(client, hintTarget));
}

export const scheduleRecordsOf = (
  client: Client,
  hintTarget: readonly string[],
): ScheduleRecords => ({
  hintTarget,
  firesIn: 'service',
  catalog: new RemoteCatalog(client),
  list: async (project) =>
    await listAll((cursor) =>
      client.schedules.list({ project, limit: MAX_API_PAGE_ITEMS, ...cursor }),
    ),
  get: ({ project, name }) => client.schedules.get(name, { project }),
  put: (request) => client.schedules.put(request),
  setPaused: async ({ project, name }, paused) =>
    void (await client.schedules.change(name, { project }, { paused })),
  remove: async ({ project, name }) => void (await client.schedules.remove(name, { project })),
});
