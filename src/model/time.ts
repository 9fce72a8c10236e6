/**
 * Times as milliseconds since the epoch.
 *
 * @module
 */
import { z } from 'zod';
import { MAX_TIME_MS, MIN_TIME_MS } from './limits.ts';

/** A time that a message claims. */
export const timeSchema = z.int().min(MIN_TIME_MS).max(MAX_TIME_MS);
