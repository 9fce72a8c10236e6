/**
 * What a process that evaluates a run's logic outside of the engine asks for, and answers.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../model/errors.ts';
import type { HistoryEvent } from '../model/history.ts';
import { jsonSchema } from '../model/json.ts';
import type { RunInfo } from '../model/run.ts';
import { runStatusSchema } from './runs.ts';
import { linkSchema } from './values.ts';

const counterSchema = z.int().nonnegative().max(Number.MAX_SAFE_INTEGER);
/** The name that a process gives itself. */
const processSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9._-]{1,64}$/,
    'a process is named by up to 64 letters, digits, ".", "_" and "-"',
  );

export const evaluatorTokenSchema = z
  .object({
    token: z.string().meta({
      description: 'For the routes below /evaluations/v1 of this run, and for nothing else.',
    }),
  })
  .meta({ id: 'EvaluatorToken' });

const evaluationRequestSchema = z
  .object({
    generation: counterSchema.meta({ description: 'Raised when the run is resumed.' }),
    position: counterSchema.meta({ description: 'Feed the logic the events before this one.' }),
    fromCommand: counterSchema.meta({
      description: 'Commands that are on record: the answer begins with the next.',
    }),
  })
  .meta({ id: 'EvaluationRequest' });

export const evaluationSchema = z
  .object({
    status: runStatusSchema,
    terminal: z.boolean().meta({ description: 'Nothing is left to evaluate.' }),
    epoch: counterSchema.meta({ description: 'Counts the processes that claimed the evaluation.' }),
    process: z.string().meta({ description: 'The one of this epoch: no other is listened to.' }),
    request: evaluationRequestSchema
      .nullable()
      .meta({ description: 'What is to be answered; null while there is nothing.' }),
  })
  .meta({ id: 'Evaluation' });
export type EvaluationDocument = z.infer<typeof evaluationSchema>;

export const claimEvaluationSchema = z
  .strictObject({ process: processSchema })
  .meta({ id: 'ClaimEvaluation' });

const isRunInfo = (value: unknown): value is RunInfo =>
  typeof value === 'object' && value !== null && 'id' in value && 'code' in value;

export const claimedEvaluationSchema = z
  .object({
    epoch: counterSchema.meta({
      description:
        'The epoch that begins when the claim is granted, which the evaluation then shows.',
    }),
    runInfo: z
      .custom<RunInfo>(isRunInfo, 'it is no description of a run')
      .meta({ type: 'object', description: 'What the logic is made with.' }),
    bundleLink: linkSchema.meta({ description: 'The bundle of the logic.' }),
  })
  .meta({ id: 'ClaimedEvaluation' });

const isHistoryEvent = (value: unknown): value is HistoryEvent =>
  typeof value === 'object' && value !== null && 'kind' in value && 'at' in value;

export const eventListSchema = z
  .object({
    items: z.array(
      z.custom<HistoryEvent>(isHistoryEvent, 'it is no event').meta({ type: 'object' }),
    ),
  })
  .meta({ id: 'EventList' });
export const signatureListSchema = z
  .object({ items: z.array(z.string()) })
  .meta({ id: 'SignatureList' });
export const valueLinkSchema = z.object({ link: linkSchema }).meta({ id: 'ValueLink' });

const requestFields = {
  process: processSchema,
  epoch: counterSchema,
  generation: counterSchema,
  position: counterSchema,
  fromCommand: counterSchema,
};

export const evaluationAnswerSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('page'),
      ...requestFields,
      commands: z
        .array(z.record(z.string(), jsonSchema))
        .max(100_000)
        .meta({ description: 'Commands with their signatures.' }),
      hasMore: z.boolean().meta({ description: 'Others follow at the same position.' }),
    }),
    z.strictObject({ kind: z.literal('broken'), ...requestFields, error: errorRecordSchema }),
  ])
  .meta({ id: 'EvaluationAnswer' });
export type EvaluationAnswer = z.input<typeof evaluationAnswerSchema>;
