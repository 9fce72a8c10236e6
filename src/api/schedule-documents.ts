/**
 * Documents of schedules.
 *
 * @module
 */
import { runIdSchema } from '../model/ids.ts';
import { toIsoTime, toIsoTimeOrNull } from '../model/iso-time.ts';
import { type Firing, MAX_SHOWN_FIRINGS, type Schedule } from '../model/schedule.ts';
import type { Schedules } from '../ports/schedules.ts';
import { nextDue } from '../schedules/calendar.ts';
import type { FiringDocument, ScheduleDocument } from '../wire/schedules.ts';
import { declaredPart } from './schedule-control.ts';

/** @param shownFirings how many of the last firings the document contains */
export async function scheduleDocument(
  schedules: Pick<Schedules, 'firings'>,
  schedule: Schedule,
  now: number,
  shownFirings = MAX_SHOWN_FIRINGS,
): Promise<ScheduleDocument> {
  const { declared, createdAt, activeSince, paused } = schedule;
  return {
    spec: declaredPart(schedule),
    declared,
    createdAt: toIsoTime(createdAt),
    activeSince: toIsoTime(activeSince),
    next: paused ? null : toIsoTimeOrNull(nextDue(schedule, now)),
    firings: (await schedules.firings(schedule, shownFirings)).map(firingDocument),
  };
}

export function firingDocument({ key, values, at, outcome }: Firing): FiringDocument {
  return {
    key,
    due: values.due,
    observedAt: toIsoTime(at),
    status: outcome.status,
    run: 'run' in outcome ? outcome.run : null,
    reason: 'reason' in outcome ? outcome.reason : null,
    endedRun: runIdSchema.safeParse(values.run).data ?? null,
    object: values.object ?? null,
  };
}
