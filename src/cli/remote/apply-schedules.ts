/** `headrace schedules apply` on the schedules of an API. */
import { connect } from '../../launch/remote/connection.ts';
import { registerPipeline } from '../../launch/remote/register-pipeline.ts';
import type { ApplyTarget } from '../apply-schedules.ts';
import type { TargetOptions } from '../option-types.ts';
import { scheduleRecordsOf } from './schedules.ts';

/** Passes the schedules of the API to `action`. */
export async function withNewSchedules<T>(
  file: string,
  options: TargetOptions,
  action: (target: ApplyTarget) => Promise<T>,
): Promise<T> {
  const connection = connect(options, file);
  return await action({
    records: scheduleRecordsOf(connection.client, connection.hintTarget ?? []),
    register: async (compiled) => (await registerPipeline(connection, compiled)).version,
  });
}
