/**
 * Schedules of a home: what the server of `headrace dev` and the commands on this machine share.
 *
 * @module
 */
import { isAbsolute } from 'node:path';
import type { ScheduleControlPorts } from '../api/schedule-control.ts';
import type { WatchedObjects } from '../model/schedule.ts';
import type { Clock } from '../ports/clock.ts';
import type { Registry } from '../ports/registry.ts';
import type { Schedules } from '../ports/schedules.ts';
import { requestedRun } from '../submit/prepare.ts';
import { newRunId } from '../submit/run-id.ts';

/** The checks of a home: it has every queue, and its server reads folders of this machine only. */
export const localScheduleChecks = {
  queues: () => ({ items: [], acceptsAnyName: true }),
  evaluations: { jobs: false, accepted: true },
  objectProblem: ({ folder }: WatchedObjects) =>
    folder === undefined
      ? 'this machine receives no events of S3: name a folder of this machine, or add the schedule to a deployment'
      : isAbsolute(folder)
        ? undefined
        : 'the path of the folder is not absolute',
} as const;

/** For commands that run no engine. */
export const localSchedulePorts = (
  { schedules, registry }: { readonly schedules: Schedules; readonly registry: Registry },
  clock: Clock = { now: Date.now },
): ScheduleControlPorts => ({
  ...localScheduleChecks,
  schedules,
  registry,
  clock,
  runs: {
    newId: () => newRunId(clock.now()),
    prepare: (version, request) => requestedRun(version, request, clock.now()),
  },
});
