/**
 * Times as text.
 *
 * @module
 */
import { MAX_TIME_MS, MIN_TIME_MS } from './limits.ts';

/**
 * The time in RFC 3339. Never throws: a time of a record that is not between the years 1970 and
 * 9999 becomes the nearest of these.
 */
export const toIsoTime = (epochMs: number): string => new Date(clampTime(epochMs)).toISOString();

export const toIsoTimeOrNull = (epochMs: number | null | undefined): string | null =>
  epochMs == null ? null : toIsoTime(epochMs);

/** The nearest time that has a form as text; 1970 for something that is not a number. */
export const clampTime = (epochMs: number): number =>
  Math.min(Math.max(Number(epochMs) || MIN_TIME_MS, MIN_TIME_MS), MAX_TIME_MS);
