/**
 * Stores the answers of external evaluations as objects: the API writes them, and the controller
 * reads them.
 *
 * 1. The key of an answer is made of everything that identifies its request, and an answer is
 *    written once. So the first of two answers to one request counts, and the answers of a replaced
 *    process have keys that the controller does not read.
 * 2. Steps of the project can neither read nor write these objects.
 *
 * @module
 */
import { z } from 'zod';
import { type ErrorRecord, errorRecordSchema } from '../model/errors.ts';
import type { SignedCommand } from '../model/history.ts';
import { MAX_BODY_BYTES } from '../model/limits.ts';
import { answerObjectKey } from '../model/object-layout.ts';
import type { ExternalEvaluator, RunInfo } from '../model/run.ts';
import type { LogicAnswer } from '../ports/evaluator.ts';
import { ObjectMissingError, type Objects } from '../ports/objects.ts';

/** Identifies the request that an answer belongs to. */
export interface AnswerKey extends Pick<ExternalEvaluator, 'epoch' | 'process'> {
  readonly generation: number;
  readonly position: number;
  readonly fromCommand: number;
}

/** The form of an answer in the object store. */
export type StoredAnswer =
  | { readonly kind: 'page'; readonly commands: readonly unknown[]; readonly more: boolean }
  | { readonly kind: 'broken'; readonly error: ErrorRecord };

/** Reads commands from untrusted JSON. */
export type ReadCommands = (json: string) => readonly SignedCommand[];

/** An answer was the body of a request. JSON that is written again may need more bytes. */
const MAX_ANSWER_BYTES = 8 * MAX_BODY_BYTES;

const storedAnswerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('page'), commands: z.array(z.unknown()), more: z.boolean() }),
  z.strictObject({ kind: z.literal('broken'), error: errorRecordSchema }),
]);

/** Stores the answer, unless one is stored for this request. */
export async function putAnswer(
  objects: Pick<Objects, 'putIfAbsent'>,
  info: RunInfo,
  answerKey: AnswerKey,
  answer: StoredAnswer,
): Promise<void> {
  await objects.putIfAbsent(answerObjectKey(info, answerKey), Buffer.from(JSON.stringify(answer)));
}

/** Returns the answer to a request; undefined if there is none yet. */
export async function readAnswer(
  objects: Pick<Objects, 'get'>,
  info: RunInfo,
  answerKey: AnswerKey,
  readCommands: ReadCommands,
): Promise<LogicAnswer | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await objects.get(answerObjectKey(info, answerKey), MAX_ANSWER_BYTES);
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
  const stored = storedAnswerSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  return stored.kind === 'broken'
    ? stored
    : { kind: 'page', commands: readCommands(JSON.stringify(stored.commands)), more: stored.more };
}
