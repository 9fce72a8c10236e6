/**
 * Reads the messages of the queue of firings: timers that were due, and events of EventBridge about
 * runs that ended and objects that were created. Only EventBridge may send to the queue.
 *
 * @module
 */
import { z } from 'zod';
import type { FiringMessage } from '../../model/firing-message.ts';
import { nameSchema, projectSchema, runIdSchema } from '../../model/ids.ts';
import { scheduleNameSchema } from '../../model/schedule.ts';
import { DETAIL_TYPES, EVENT_SOURCE } from '../deployment/bus-events.ts';

const timeSchema = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const dueSchema = z
  .looseObject({
    kind: z.literal('due'),
    project: projectSchema,
    schedule: scheduleNameSchema,
    due: timeSchema,
  })
  .transform(
    ({ project, schedule: name, due }): FiringMessage => ({
      kind: 'due',
      schedule: { project, name },
      due,
    }),
  );

const runSchema = z
  .looseObject({
    source: z.literal(EVENT_SOURCE),
    'detail-type': z.literal(DETAIL_TYPES.run),
    detail: z.looseObject({ run: runIdSchema }),
  })
  .transform(({ detail: { run } }): FiringMessage => ({ kind: 'run', run }));

const objectSchema = z
  .looseObject({
    source: z.literal('aws.s3'),
    'detail-type': z.literal('Object Created'),
    time: timeSchema,
    detail: z.looseObject({
      bucket: z.looseObject({ name: nameSchema }),
      object: z.looseObject({
        key: z.string().min(1),
        etag: z.string().default(''),
        sequencer: z.string().default(''),
      }),
    }),
  })
  .transform(
    ({ time, detail: { bucket, object } }): FiringMessage => ({
      kind: 'object',
      object: {
        bucket: bucket.name,
        key: object.key,
        address: `s3://${bucket.name}/${object.key}`,
        version: `${object.sequencer} ${object.etag}`,
        at: time,
      },
    }),
  );

const checkSchema = z
  .looseObject({ kind: z.literal('check') })
  .transform((): FiringMessage => ({ kind: 'check' }));

const messageSchema = z.union([dueSchema, runSchema, objectSchema, checkSchema]);

/** @throws ZodError, SyntaxError */
export const readFiringMessage = (body: string): FiringMessage =>
  messageSchema.parse(JSON.parse(body));
