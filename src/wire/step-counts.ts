/**
 * Numbers of steps by status, which the documents of runs and of their states share.
 *
 * @module
 */
import { z } from 'zod';
import { STEP_STATUSES } from '../model/step.ts';

export const stepStatusSchema = z.enum(STEP_STATUSES).meta({ id: 'StepStatus' });

export const stepCountsSchema = z.partialRecord(stepStatusSchema, z.int()).meta({
  id: 'StepCounts',
  description: 'Numbers of steps by status; a status without steps is absent.',
});
export type StepCounts = z.infer<typeof stepCountsSchema>;

export const stepTotalsSchema = z
  .object({
    total: z.int(),
    unfinished: z.int(),
    failures: z
      .int()
      .default(0)
      .meta({ description: 'Failed steps that are neither tolerated nor handled by the logic.' }),
    counts: stepCountsSchema
      .optional()
      .meta({ description: 'Absent for a run that an earlier version of Headrace executed.' }),
  })
  .meta({ id: 'StepTotals', description: 'Numbers of steps of a run.' });
