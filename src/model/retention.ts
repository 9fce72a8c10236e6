/**
 * How long a deployment retains runs, results for reuse, and objects.
 *
 * A record refers to objects. Records expire at a time that is written into them; an object expires
 * by its age, and no read renews it. The numbers below make every object outlive all records that
 * refer to it:
 *
 * 1. A run is active until `activeDays` after its creation at most. Then the controller ends it.
 * 2. A run is retained for `runDays` after its end, and therefore at most for `recordDays` after its
 *    creation.
 * 3. Another run adopts a result (a cache hit, a rerun) until `reuseDays` after the creation of the
 *    run that computed it. An adoption does not extend this time, so that chains of reruns end.
 * 4. The last record that refers to an object is thus one of a run that was created at the end of
 *    this time, and expires `recordDays` later.
 *
 * @module
 */

/** All are days, from 1. */
export interface Retention {
  /** From the creation of a run until its end, with all resumes. */
  readonly activeDays: number;
  /** From the end of a run. */
  readonly runDays: number;
  /** From the creation of the run that computed a result. */
  readonly reuseDays: number;
}

const DAY_MS = 86_400_000;
export const SECONDS_PER_DAY = 86_400;

/** Days in which the jobs of a run end that the controller ends after its `activeDays`. */
const ENDING_DAYS = 1;
/**
 * An input that was uploaded at the start of such a period is used by runs until the end of it, and
 * is younger than `objectDays` for as long as they exist.
 */
export const INPUT_PERIOD_DAYS = 7;
/** Objects are older than any record may need them, by a margin for clocks and late processes. */
const OBJECT_MARGIN_DAYS = 7;

export const daysToMs = (days: number): number => days * DAY_MS;
export const msToDays = (milliseconds: number): number => Math.round(milliseconds / DAY_MS);

/** Days after its creation at which the records of a run expire. */
export const recordDays = ({ activeDays, runDays }: Retention): number =>
  activeDays + ENDING_DAYS + runDays;

/**
 * Days after its creation during which other runs adopt the results of a run. The records of the run
 * must exist, because they show that it was not removed.
 */
export const adoptableDays = (retention: Retention): number =>
  Math.min(retention.reuseDays, recordDays(retention));

/** The age at which an object of a run expires (4). */
export const objectDays = (retention: Retention): number =>
  adoptableDays(retention) + recordDays(retention) + OBJECT_MARGIN_DAYS;
