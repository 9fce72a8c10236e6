/**
 * What the controller and the evaluator's function say to each other, in the payloads of one invocation.
 *
 * 1. The evaluator has no access to anything: what it reads comes in the payload, or by URLs that are good for minutes.
 * 2. A warm question holds the new events alone. An evaluator that cannot go on from there answers `cold`, and is asked again with the whole history.
 * 3. What it answers is read with suspicion: it is a process in which code of users runs.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../../model/errors.ts';
import type { HistoryEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { RunInfo } from '../../model/run.ts';

export interface ColdStart {
  /** Without the code of components, which the logic does not see. */
  readonly info: RunInfo;
  /** URL of the logic's bundle, which is read if no line of the history holds it. */
  readonly codeUrl: string;
  /** The history from its beginning, in parts that follow each other: gzipped lines of `HistoryLine`, by URL or as base64. */
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
  readonly generation: number;
  readonly position: number;
  readonly fromCommand: number;
  readonly limit: number;
  /** Without a cold start: events from number `from` up to `position`. */
  readonly from: number;
  readonly events: readonly HistoryEvent[];
  /** Of stored results, by key. */
  readonly urls: Readonly<Record<string, string>>;
  readonly coldStart?: ColdStart;
}

/** The evaluation that asked for results, with where they are. */
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
  /** The logic awaits stored results whose URLs it was not given; the first is the one that it awaits now. */
  z.object({
    kind: z.literal('valuesNeeded'),
    ticket: z.string(),
    keys: z.array(z.string()).min(1).max(100),
  }),
  /** The page does not fit into an answer: fewer commands are to be asked for. */
  z.object({ kind: z.literal('pageTooLarge') }),
  /** Nothing that the logic did. */
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);
export type EvaluatorReply = z.infer<typeof evaluatorReplySchema>;
