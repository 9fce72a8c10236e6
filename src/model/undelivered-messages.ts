/**
 * What a runner leaves in the object store when nobody accepted its messages: found when its job has ended.
 *
 * @module
 */
import { z } from 'zod';
import { reportedSchema } from './spec.ts';

/** A `finished` message. @param output `StepSpec.output` */
export const resultKey = (output: string, job: string): string => `${output}/${job}/result.json`;
/** The `reported` messages before it, as a list. */
export const reportsKey = (output: string, job: string): string => `${output}/${job}/reports.json`;
export const undeliveredReportsSchema = z.array(reportedSchema);
