import type { ScheduleSpec } from '../../../../src/model/schedule.ts';

/** What starts the runs, in words: `0 3 * * 1-5, Europe/Berlin`. */
export function causeText({ cron, timeZone, every, after, object }: ScheduleSpec): string {
  if (cron !== undefined) return `${cron}, ${timeZone ?? 'UTC'}`;
  if (every !== undefined) return `every ${every}`;
  if (after !== undefined) return `after ${after.pipeline} ${after.status}`;
  if (object === undefined) return '';
  const place = object.bucket === undefined ? object.folder : `s3://${object.bucket}`;
  return `an object ${place}/${object.prefix}…${object.suffix}`;
}
