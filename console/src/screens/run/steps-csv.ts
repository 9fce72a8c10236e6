/**
 * Steps as rows for a spreadsheet.
 *
 * @module
 */
import { NO_TIME, type RunColumns } from '../../live/columns.ts';
import { statusOf } from '../../live/statuses.ts';

const HEAD = 'call,name,component,status,attempts,queued,started,ended';

/** Rows for a spreadsheet. A cell that starts like a formula is quoted, so that it stays text. */
export const csvOf = (columns: RunColumns, calls: readonly number[]): string =>
  [
    HEAD,
    ...calls.map((call) =>
      [
        String(call),
        csvCell(columns.nameOf(call)),
        csvCell(columns.componentNameOf(call)),
        statusOf(columns.status[call] ?? 0),
        String(columns.attempts[call] ?? 0),
        isoText(columns.queued[call]),
        isoText(columns.started[call]),
        isoText(columns.ended[call]),
      ].join(','),
    ),
  ].join('\n');

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return /[",\n\r]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const isoText = (at: number | undefined): string =>
  at === undefined || at === NO_TIME ? '' : new Date(at).toISOString();
