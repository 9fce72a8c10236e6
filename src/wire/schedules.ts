/**
 * Documents of schedules and their firings.
 *
 * @module
 */
import { z } from 'zod';
import { runIdSchema } from '../model/ids.ts';
import { scheduleSpecSchema } from '../model/schedule.ts';
import { pageSchemaOf, timeSchema } from './values.ts';

const specFields = scheduleSpecSchema.meta({ id: 'ScheduleSpec' });

export const firingSchema = z
  .object({
    key: z.string(),
    due: timeSchema.meta({ description: 'When it was due.' }),
    observedAt: timeSchema,
    status: z.enum(['starting', 'started', 'missed', 'failed']),
    run: runIdSchema.nullable().meta({ description: 'The run that it starts; null: none.' }),
    reason: z.string().nullable().meta({ description: 'Why it started no run.' }),
    endedRun: runIdSchema.nullable().meta({ description: 'The run whose end caused it.' }),
    object: z
      .string()
      .nullable()
      .meta({ description: 'The address of the object that caused it.' }),
  })
  .meta({ id: 'Firing' });
export type FiringDocument = z.infer<typeof firingSchema>;

export const scheduleSchema = z
  .object({
    spec: specFields,
    declared: z.boolean().meta({ description: 'It is of the option `schedules` of its pipeline.' }),
    createdAt: timeSchema,
    activeSince: timeSchema,
    next: timeSchema
      .nullable()
      .meta({ description: 'When it is due next; null if it is paused or has no times.' }),
    firings: z.array(firingSchema).meta({ description: 'The last firings, last first.' }),
  })
  .meta({ id: 'Schedule' });
export type ScheduleDocument = z.infer<typeof scheduleSchema>;
export const schedulePageSchema = pageSchemaOf(scheduleSchema).meta({ id: 'SchedulePage' });

export const putScheduleSchema = z
  .strictObject({
    spec: specFields,
    replace: z
      .boolean()
      .default(false)
      .meta({ description: 'Replace another schedule of this name.' }),
    declared: z.boolean().default(false),
  })
  .meta({ id: 'PutSchedule' });
export type PutSchedule = z.input<typeof putScheduleSchema>;

export const changeScheduleSchema = z
  .strictObject({ paused: z.boolean() })
  .meta({ id: 'ChangeSchedule' });
