/**
 * Messages about occurrences that may fire schedules.
 *
 * @module
 */
import type { RunId } from './ids.ts';
import type { ScheduleName } from './schedule.ts';

export type FiringMessage =
  /** A timer of the schedule was due. */
  | { readonly kind: 'due'; readonly schedule: ScheduleName; readonly due: number }
  | { readonly kind: 'run'; readonly run: RunId }
  | { readonly kind: 'object'; readonly object: ObservedObject }
  /** All schedules are compared with what happened. */
  | { readonly kind: 'check' };

/** A new object. */
export interface ObservedObject {
  /** `undefined`: a file of this machine. */
  readonly bucket?: string | undefined;
  readonly folder?: string | undefined;
  /** The object's key, or the file's name. */
  readonly key: string;
  /** `s3://bucket/key`, `file:///folder/name` */
  readonly address: string;
  /** Another one for each time that the object is written. */
  readonly version: string;
  /** When it was written, milliseconds since the epoch. */
  readonly at: number;
}
