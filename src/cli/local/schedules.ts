/** `headrace schedules …` on the schedules of this machine. */
import { createScheduleControl, findScheduleOrThrow } from '../../api/schedule-control.ts';
import { scheduleDocument } from '../../api/schedule-documents.ts';
import { findHome } from '../../launch/home.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import { allSchedules } from '../../ports/schedules.ts';
import { putScheduleSchema } from '../../wire/schedules.ts';
import { localSchedulePorts } from '../local-schedules.ts';
import type { TargetOptions } from '../option-types.ts';
import { openRecords } from '../records.ts';
import type { ScheduleRecords } from '../schedules.ts';
import { LocalCatalog } from './catalog.ts';

/** Passes the schedules of the home to `action`. */
export async function withSchedules<T>(
  options: TargetOptions,
  action: (records: ScheduleRecords) => Promise<T>,
): Promise<T> {
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    return await action(scheduleRecordsOf(records));
  } finally {
    await records.close();
  }
}

export function scheduleRecordsOf(
  records: Pick<HomeRecords, 'schedules' | 'registry' | 'hintTarget'>,
): ScheduleRecords {
  const { schedules, registry, hintTarget = [] } = records;
  const control = createScheduleControl(localSchedulePorts(records));
  return {
    hintTarget,
    firesIn: 'dev',
    catalog: new LocalCatalog(registry),
    list: async (project) =>
      await Promise.all(
        (await allSchedules(schedules, project)).map((each) =>
          scheduleDocument(schedules, each, Date.now(), 1),
        ),
      ),
    get: async (name) =>
      await scheduleDocument(schedules, await findScheduleOrThrow({ schedules }, name), Date.now()),
    put: async (request) => {
      const { spec, replace, declared } = putScheduleSchema.parse(request);
      const schedule = await control.put(spec, { replace, declared });
      return await scheduleDocument(schedules, schedule, Date.now());
    },
    setPaused: async (name, paused) => void (await control.setPaused(name, paused)),
    remove: async (name) => void (await control.remove(name)),
  };
}
