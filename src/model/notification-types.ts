/**
 * The changes of a run that notifications report. Light, because the help text of the command line
 * needs them.
 *
 * @module
 */
export const NOTIFICATION_TYPES = ['failed', 'completed', 'aborted', 'waiting'] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];
