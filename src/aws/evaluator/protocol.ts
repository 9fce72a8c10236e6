/**
 * The messages between the controller and the evaluator's function: the payload and the reply of
 * one invocation.
 *
 * 1. The evaluator has no access to AWS. All data comes in the payload, or by URLs that expire
 *    within minutes.
 * 2. A warm payload holds only the new events. An evaluator that cannot continue from there replies
 *    `coldStartNeeded`; the next request then holds the whole history.
 * 3. The controller does not trust the reply: code of users runs in the evaluator's process.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../../model/errors.ts';
import type { HistoryEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { RunInfo } from '../../model/run.ts';

export interface ColdStart {
  /** Without the code of components, which the logic does not read. */
  readonly info: RunInfo;
  /** URL of the logic's bundle. It is read if no line of the history holds the code. */
  readonly codeUrl: string;
  /**
   * The history from its start, in consecutive parts: gzipped lines of `HistoryLine`, by URL or as
   * base64.
   */
  readonly history: readonly ({ readonly url: string } | { readonly base64: string })[];
}

export interface HistoryLine {
  /** The logic's bundle. */
  readonly code?: string;
  readonly events?: readonly HistoryEvent[];
  readonly signatures?: readonly string[];
}

export interface EvaluatePayload {
  readonly kind: 'evaluate';
  readonly run: RunId;
  /** As in `EvaluationRequest`. */
  readonly id?: string | undefined;
  readonly continues?: string | undefined;
  readonly generation: number;
  readonly position: number;
  readonly fromCommand: number;
  readonly limit: number;
  /**
   * Without a cold start: the number of the first event in `events`, which reach up to `position`.
   */
  readonly from: number;
  readonly events: readonly HistoryEvent[];
  /** URLs of stored results, by key. */
  readonly urls: Readonly<Record<string, string>>;
  readonly coldStart?: ColdStart;
}

/** Continues the evaluation that requested stored results, with their URLs. */
export interface SupplyPayload {
  readonly kind: 'supply';
  readonly run: RunId;
  readonly ticket: string;
  readonly urls: Readonly<Record<string, string>>;
}

export type EvaluatorPayload = EvaluatePayload | SupplyPayload;

export const evaluatorReplySchema = z.discriminatedUnion('kind', [
  /** `commands`: JSON, gzipped, as base64. */
  z.object({ kind: z.literal('page'), commands: z.string(), more: z.boolean() }),
  z.object({ kind: z.literal('broken'), error: errorRecordSchema }),
  z.object({ kind: z.literal('coldStartNeeded') }),
  /** The logic awaits stored results whose URLs are not known. It awaits the first key now. */
  z.object({
    kind: z.literal('valuesNeeded'),
    ticket: z.string(),
    keys: z.array(z.string()).min(1).max(100),
  }),
  /** The page does not fit into an answer: the next request must have a lower limit. */
  z.object({ kind: z.literal('pageTooLarge') }),
  /** The evaluator failed. The logic is not the cause. */
  z.object({
    kind: z.literal('failed'),
    reason: z.string(),
    /** The store was not available. */
    isTemporary: z.boolean().optional(),
  }),
]);
export type EvaluatorReply = z.infer<typeof evaluatorReplySchema>;
