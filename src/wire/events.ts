/**
 * The history of a run as a document: what its logic observed, in order. Values are replaced by
 * previews.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../model/errors.ts';
import { pageSchemaOf, timeSchema } from './values.ts';

export const RUN_EVENT_KINDS = [
  'completed',
  'failed',
  'skipped',
  'aborted',
  'sleepEnded',
  'signal',
  'callback',
] as const;

const valuePreviewSchema = z
  .object({
    format: z.string(),
    size: z.int().meta({ description: 'Bytes of the encoded value.' }),
    preview: z.string().nullable().meta({
      description: 'The start of the value; null if its format is not text or it is an object.',
    }),
  })
  .meta({ id: 'ValuePreview' });

const common = {
  number: z.int().meta({ description: 'Events are numbered from 0.' }),
  at: timeSchema,
};
const call = z.int().meta({ description: 'The call of the step.' });
const step = z.string();

export const runEventSchema = z
  .discriminatedUnion('kind', [
    z.object({
      ...common,
      kind: z.literal('completed'),
      call,
      values: z.array(valuePreviewSchema),
    }),
    z.object({
      ...common,
      kind: z.literal('failed'),
      call,
      step,
      error: errorRecordSchema,
      attempts: z.int(),
    }),
    z.object({
      ...common,
      kind: z.literal('skipped'),
      call,
      step,
      cause: z.string().nullable().meta({
        description:
          'The failed or aborted step that it depends on; null: its pre-execute callback returned false.',
      }),
    }),
    z.object({ ...common, kind: z.literal('aborted'), call, step }),
    z.object({
      ...common,
      kind: z.literal('sleepEnded'),
      sleep: z.int().meta({ description: 'The number of the sleep, from 0.' }),
    }),
    z.object({ ...common, kind: z.literal('signal'), name: z.string(), value: valuePreviewSchema }),
    z.object({
      ...common,
      kind: z.literal('callback'),
      call,
      step,
      component: z.string(),
      callback: z.enum(['preExecute', 'postExecute', 'statusChange', 'retry']),
      status: z.string().meta({ description: 'The status of the step.' }),
      previousStatus: z.string().nullable().meta({ description: 'Of `statusChange`; else null.' }),
      attempt: z.int(),
    }),
  ])
  .meta({ id: 'RunEvent' });
export type RunEventDocument = z.infer<typeof runEventSchema>;

export const runEventPageSchema = pageSchemaOf(runEventSchema)
  .extend({ count: z.int().meta({ description: 'The number of events of the run.' }) })
  .meta({ id: 'RunEventPage' });
export type RunEventPage = z.infer<typeof runEventPageSchema>;
