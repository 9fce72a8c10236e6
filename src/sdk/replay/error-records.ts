/**
 * The record of an error that the logic threw.
 *
 * @module
 */
import { type ErrorRecord, toErrorRecord } from '../../model/error-record.ts';
import { numberAsStack } from './stack-traces.ts';
import { withAdvice } from './unavailable-globals.ts';

/** A thrown value as data. Never throws. */
export const recordOfThrown = (thrown: unknown): ErrorRecord =>
  toErrorRecord(thrown, { messageOf: withAdvice, missingStackOf: numberAsStack });
