/**
 * Answers of logic that is evaluated elsewhere, as objects between the API, which puts them there, and the controller, which looks for them.
 *
 * 1. An answer has one place, made of all that the question is known by, and is written once: of two for the same question the first counts, and what a
 *    process says that was replaced since lies where nobody looks.
 * 2. Steps of the project can neither read nor write there.
 *
 * @module
 */
import { z } from 'zod';
import { type ErrorRecord, errorRecordSchema } from '../model/errors.ts';
import type { SignedCommand } from '../model/history.ts';
import { answerObjectKey } from '../model/object-layout.ts';
import type { ExternalEvaluator, RunInfo } from '../model/run.ts';
import type { LogicAnswer } from '../ports/evaluator.ts';
import { ObjectMissingError, type Objects } from '../ports/objects.ts';

/** What an answer answers to. */
export interface AnswerKey extends Pick<ExternalEvaluator, 'epoch' | 'process'> {
  readonly generation: number;
  readonly position: number;
  readonly fromCommand: number;
}

/** As it lies in the store. */
export type StoredAnswer =
  | { readonly kind: 'page'; readonly commands: readonly unknown[]; readonly more: boolean }
  | { readonly kind: 'broken'; readonly error: ErrorRecord };

/** Reads commands from JSON that nobody vouches for. */
export type ReadCommands = (json: string) => readonly SignedCommand[];

const storedAnswerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('page'), commands: z.array(z.unknown()), more: z.boolean() }),
  z.strictObject({ kind: z.literal('broken'), error: errorRecordSchema }),
]);

export async function putAnswer(
  objects: Pick<Objects, 'putIfAbsent'>,
  info: RunInfo,
  answerKey: AnswerKey,
  answer: StoredAnswer,
): Promise<void> {
  await objects.putIfAbsent(answerObjectKey(info, answerKey), Buffer.from(JSON.stringify(answer)));
}

/** The answer, if there is one. */
export async function readAnswer(
  objects: Pick<Objects, 'get'>,
  info: RunInfo,
  answerKey: AnswerKey,
  readCommands: ReadCommands,
): Promise<LogicAnswer | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await objects.get(answerObjectKey(info, answerKey));
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
  const stored = storedAnswerSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  return stored.kind === 'broken'
    ? stored
    : { kind: 'page', commands: readCommands(JSON.stringify(stored.commands)), more: stored.more };
}
