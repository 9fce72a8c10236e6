/** `headrace schedules apply` on the schedules of this machine. */
import { findHome } from '../../launch/home.ts';
import { createFileObjects } from '../../local/file-objects.ts';
import { openStore } from '../../local/store/store.ts';
import { storeCode } from '../../local/stored-code.ts';
import { registerCode } from '../../submit/prepare.ts';
import type { ApplyTarget } from '../apply-schedules.ts';
import type { TargetOptions } from '../option-types.ts';
import { scheduleRecordsOf } from './schedules.ts';

/** Passes the schedules of the home, which is created if it does not exist, to `action`. */
export async function withNewSchedules<T>(
  file: string,
  options: TargetOptions,
  action: (target: ApplyTarget) => Promise<T>,
): Promise<T> {
  const home = findHome(options.home, file);
  const store = openStore(home);
  const objects = createFileObjects(home);
  try {
    return await action({
      records: scheduleRecordsOf(store),
      async register(compiled) {
        await storeCode(objects, compiled.texts);
        return (await registerCode(compiled, store.registry, Date.now())).version;
      },
    });
  } finally {
    store.close();
  }
}
