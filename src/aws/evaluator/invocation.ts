/**
 * One invocation of the evaluator's function.
 *
 * 1. An invocation ends before the controller's own time is over, so that the controller can record
 *    a crash.
 * 2. An invocation that is refused because of the account's concurrency is not repeated here: the
 *    controller would hold a slot of this concurrency meanwhile, which the evaluator may need. One
 *    whose connection failed is repeated once: the connection may have been closed while the
 *    controller was frozen.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { HeadraceError } from '../../model/errors.ts';
import type { RunInfo } from '../../model/run.ts';
import { safeParseUntrusted } from '../../model/untrusted.ts';
import type { EvaluatorCrash } from '../../ports/evaluator.ts';
import { EVALUATOR_TIMEOUT_SECONDS } from '../deployment/function-limits.ts';
import { remainingTimeMs } from '../lambda/remaining-time.ts';
import { isUnreachable, OutOfTimeError, statusOf } from '../temporary-refusals.ts';
import { type EvaluatorPayload, type EvaluatorReply, evaluatorReplySchema } from './protocol.ts';

export interface EvaluatorFunction {
  /** Makes one attempt, because a request that was throttled must not be repeated (2). */
  readonly client: LambdaClient;
  readonly functionName: string;
  readonly isolation: 'tenant' | 'function';
}

/** The evaluator could not answer. A later request may succeed. */
export class EvaluatorUnavailableError extends HeadraceError {}

export type EvaluatorResult =
  | EvaluatorReply
  | EvaluatorCrash
  /** Lambda refused the request because of its size. */
  | { readonly kind: 'requestTooLarge' };

/** Lambda reports that the function reached its time limit a little after that limit. */
const REPORT_MS = 3000;
/** What a controller needs to record an answer or a crash. */
const RECORDING_MS = 5000;
const MIN_INVOCATION_MS = 10_000;
/** An evaluation that had less time and did not answer is repeated, and not counted as a crash. */
const MIN_CRASH_MS = 30_000;
const PAYLOAD_TOO_LARGE = 413;

/** @throws EvaluatorUnavailableError, OutOfTimeError, and errors of the SDK */
export async function invokeEvaluator(
  { client, functionName, isolation }: EvaluatorFunction,
  { project }: Pick<RunInfo, 'project'>,
  payload: EvaluatorPayload,
): Promise<EvaluatorResult> {
  const limitMs = Math.min(
    EVALUATOR_TIMEOUT_SECONDS * 1000 + REPORT_MS,
    remainingTimeMs() - RECORDING_MS,
  );
  if (limitMs < MIN_INVOCATION_MS)
    throw new OutOfTimeError('too little time is left for an evaluation');
  const abortSignal = AbortSignal.timeout(limitMs);
  const invoke = () =>
    client.send(
      new InvokeCommand({
        FunctionName: functionName,
        Payload: Buffer.from(JSON.stringify(payload)),
        ...(isolation === 'tenant' ? { TenantId: tenantOf(project) } : {}),
      }),
      { abortSignal },
    );
  try {
    const { FunctionError, Payload } = await invoke().catch((error: unknown) => {
      if (abortSignal.aborted || !isUnreachable(error)) throw error;
      return invoke();
    });
    return readReply(Buffer.from(Payload ?? []).toString(), FunctionError !== undefined);
  } catch (error) {
    if (error instanceof Error && statusOf(error) === PAYLOAD_TOO_LARGE)
      return { kind: 'requestTooLarge' };
    if (!abortSignal.aborted) throw error;
    const reason = `no answer within ${Math.round(limitMs / 1000)} s`;
    if (limitMs < MIN_CRASH_MS) throw new OutOfTimeError(reason, { cause: error });
    return { kind: 'crashed', reason };
  }
}

/** @throws EvaluatorUnavailableError */
function readReply(text: string, isError: boolean): EvaluatorResult {
  if (isError) return { kind: 'crashed', reason: text.slice(0, 500) };
  const reply = safeParseUntrusted(evaluatorReplySchema, parseJson(text));
  if (!reply.success)
    throw new EvaluatorUnavailableError(
      `the evaluator's reply is not valid: ${text.slice(0, 200)}`,
    );
  return reply.data;
}

/** A tenant id may hold these characters only. A project has others only if it is not ASCII. */
const tenantOf = (project: string): string =>
  /^[A-Za-z0-9._/ -]{1,256}$/.test(project)
    ? project
    : `sha256:${createHash('sha256').update(project).digest('hex')}`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
