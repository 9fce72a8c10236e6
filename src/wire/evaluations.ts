/**
 * Documents of external evaluation: the requests and answers of a process that evaluates the logic
 * of a run.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../model/errors.ts';
import type { HistoryEvent } from '../model/history.ts';
import type { JsonObject } from '../model/json.ts';
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
      description: 'Valid only for the routes of this run below /evaluations/v1.',
    }),
  })
  .meta({ id: 'EvaluatorToken' });

const evaluationRequestSchema = z
  .object({
    generation: counterSchema.meta({ description: 'Raised when the run is resumed.' }),
    position: counterSchema.meta({ description: 'Feed the logic the events before this one.' }),
    fromCommand: counterSchema.meta({
      description: 'The number of recorded commands: the answer starts with the next one.',
    }),
  })
  .meta({ id: 'EvaluationRequest' });

export const evaluationSchema = z
  .object({
    status: runStatusSchema,
    terminal: z.boolean().meta({ description: 'Nothing is left to evaluate.' }),
    epoch: counterSchema.meta({ description: 'Counts the processes that claimed the evaluation.' }),
    process: z
      .string()
      .meta({ description: 'The process of this epoch: only its answers are accepted.' }),
    request: evaluationRequestSchema
      .nullable()
      .meta({ description: 'The current request; null while there is none.' }),
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
      description: 'The epoch that starts when the claim is granted; the evaluation shows it then.',
    }),
    runInfo: z
      .custom<RunInfo>(isRunInfo, 'it must be the info of a run')
      .meta({ type: 'object', description: 'The info that the logic is evaluated with.' }),
    bundleLink: linkSchema.meta({ description: 'The bundle of the logic.' }),
  })
  .meta({ id: 'ClaimedEvaluation' });

const isHistoryEvent = (value: unknown): value is HistoryEvent =>
  typeof value === 'object' && value !== null && 'kind' in value && 'at' in value;

export const eventListSchema = z
  .object({
    items: z.array(
      z.custom<HistoryEvent>(isHistoryEvent, 'it must be an event').meta({ type: 'object' }),
    ),
  })
  .meta({ id: 'EventList' });
export const signatureListSchema = z
  .object({ items: z.array(z.string()) })
  .meta({ id: 'SignatureList' });
export const valueLinkSchema = z.object({ link: linkSchema }).meta({ id: 'ValueLink' });

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A command, whose content only `EvaluationControl.areCommands` checks: a check of any JSON in
 * 100,000 commands before that would take seconds.
 */
const commandObjectSchema = z
  .custom<JsonObject>(isJsonObject, 'a command is an object')
  .meta({ type: 'object' });

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
        .array(commandObjectSchema)
        .max(100_000)
        .meta({ description: 'Commands with their signatures.' }),
      hasMore: z.boolean().meta({ description: 'More commands follow at the same position.' }),
    }),
    z.strictObject({ kind: z.literal('broken'), ...requestFields, error: errorRecordSchema }),
  ])
  .meta({ id: 'EvaluationAnswer' });
export type EvaluationAnswer = z.input<typeof evaluationAnswerSchema>;
