/**
 * Evaluates the logic of one run for an engine elsewhere, until the run is over or another process takes it over.
 *
 * 1. It keeps nothing that matters: started anew, under another name, it is fed the history from its beginning and answers what it would have answered.
 * 2. It asks again and again what there is to do, the less often the longer there is nothing.
 * 3. It outlasts minutes without an answer (`persistent.ts`).
 * 4. A claim or an answer that nobody heard of is made again: what is asked for twice was not heard.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../../client/errors.ts';
import type { EvaluationClient } from '../../client/evaluations.ts';
import type { EvaluatorOptions } from '../../evaluator/index.ts';
import { toErrorRecord } from '../../model/errors.ts';
import type { RunInfo } from '../../model/run.ts';
import {
  CommandTooLargeError,
  type Evaluator,
  type HistoryReader,
  type LogicAnswer,
} from '../../ports/evaluator.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import type { EvaluationAnswer } from '../../wire/evaluations.ts';
import { createRetryingClient } from './retrying-client.ts';

export interface ExternalEvaluationOptions {
  readonly client: EvaluationClient;
  readonly makeEvaluator: (sources: Pick<EvaluatorOptions, 'loadCode' | 'fetchValue'>) => Evaluator;
  /** What no other process is called. */
  readonly name: string;
  /** Ends the evaluation; the run waits until somebody takes it up. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds between two looks. Default: from 100 on, to 5,000 where there is nothing for long. */
  readonly pollDelay?: { readonly initialMs: number; readonly maxMs: number } | undefined;
  /** Milliseconds for which an API that does not answer is waited for. Default: ten minutes. */
  readonly maxOutageMs?: number | undefined;
}

/** `replaced`: another process took it over. */
export type ExternalEvaluationResult = 'over' | 'replaced' | 'stopped';

type AnswerPosition = Pick<
  EvaluationAnswer,
  'process' | 'epoch' | 'generation' | 'position' | 'fromCommand'
>;

const DEFAULT_POLL_DELAY = { initialMs: 100, maxMs: 5000 };
const DEFAULT_MAX_OUTAGE_MS = 600_000;
const MAX_COMMANDS_PER_ANSWER = 1000;
/** Bytes of an answer: a request of the API takes little more. */
const MAX_PAGE_BYTES = 3_500_000;
const SHRINK_FACTOR = 8;

/** @throws ApiError, ApiUnreachableError: what the API does not do, or cannot for long */
export async function evaluateExternally({
  client: unreliableClient,
  makeEvaluator,
  name,
  signal,
  pollDelay = DEFAULT_POLL_DELAY,
  maxOutageMs = DEFAULT_MAX_OUTAGE_MS,
}: ExternalEvaluationOptions): Promise<ExternalEvaluationResult> {
  const client = createRetryingClient(unreliableClient, {
    signal,
    maxOutageMs,
    retryDelayMs: pollDelay.maxMs,
  });
  const claimed = await undefinedIfStale(client.claim(name));
  if (claimed === undefined) return 'over';
  const { runInfo, bundleLink } = claimed;
  let { epoch } = claimed;
  const codeText = client.readLink(bundleLink).then((bytes) => Buffer.from(bytes).toString());
  codeText.catch(() => undefined);
  const evaluator = makeEvaluator({
    loadCode: () => codeText,
    fetchValue: async ({ key }) =>
      client.readLink(await client.valueLink(key)).catch((error: unknown) => {
        throw error instanceof ApiError && error.status === 404
          ? new ObjectMissingError(key)
          : error;
      }),
  });

  let lastAnswer: EvaluationAnswer | undefined;
  for (let waitMs = pollDelay.initialMs; signal?.aborted !== true; ) {
    const { terminal, request, ...current } = await client.evaluation();
    if (terminal) return 'over';
    if (current.epoch > epoch || (current.epoch === epoch && current.process !== name))
      return 'replaced';
    const isPollingFast = waitMs < pollDelay.maxMs;
    if (current.epoch < epoch) {
      // If another was faster, the next look says so.
      if (!isPollingFast) epoch = (await undefinedIfStale(client.claim(name)))?.epoch ?? epoch;
    } else if (request !== null) {
      const isNew = lastAnswer === undefined || !isAbout(lastAnswer, request);
      if (isNew)
        lastAnswer = await createAnswer(client, evaluator, runInfo, {
          process: name,
          epoch,
          ...request,
        });
      if (lastAnswer !== undefined && (isNew || !isPollingFast))
        await undefinedIfStale(client.answer(lastAnswer));
      if (isNew) waitMs = pollDelay.initialMs;
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(pollDelay.maxMs, waitMs * 1.5);
  }
  return 'stopped';
}

const isAbout = (
  answer: AnswerPosition,
  { generation, position, fromCommand }: Omit<AnswerPosition, 'process' | 'epoch'>,
): boolean =>
  answer.generation === generation &&
  answer.position === position &&
  answer.fromCommand === fromCommand;

/** With fewer commands where they are too large to be sent at once. */
async function createAnswer(
  client: EvaluationClient,
  evaluator: Evaluator,
  info: RunInfo,
  target: AnswerPosition,
): Promise<EvaluationAnswer> {
  for (
    let limit = MAX_COMMANDS_PER_ANSWER;
    ;
    limit = Math.max(1, Math.floor(limit / SHRINK_FACTOR))
  ) {
    const body = toEvaluationAnswer(
      target,
      await evaluator.evaluate({ info, ...target, limit, history: historyOf(client, target) }),
    );
    if (body !== undefined) return body;
    if (limit === 1)
      return { kind: 'broken', ...target, error: toErrorRecord(new CommandTooLargeError()) };
  }
}

function toEvaluationAnswer(
  target: AnswerPosition,
  answer: LogicAnswer,
): EvaluationAnswer | undefined {
  if (answer.kind === 'broken') return { kind: 'broken', ...target, error: answer.error };
  const page = JSON.stringify(answer.commands);
  return Buffer.byteLength(page) > MAX_PAGE_BYTES
    ? undefined
    : { kind: 'page', ...target, commands: JSON.parse(page), hasMore: answer.more };
}

/** Of the run, as far as the place. @param source answers a page from a number on, as long as it likes */
export function historyOf(
  source: Pick<EvaluationClient, 'events' | 'signatures'>,
  { position, fromCommand }: Pick<AnswerPosition, 'position' | 'fromCommand'>,
): HistoryReader {
  const pages = <T>(read: (from: number) => Promise<readonly T[]>, end: number) =>
    async function* (from: number): AsyncGenerator<readonly T[]> {
      for (let at = from; at < end; ) {
        const page = (await read(at)).slice(0, end - at);
        if (page.length === 0) return;
        yield page;
        at += page.length;
      }
    };
  return {
    events: pages(source.events, position),
    signatures: pages(source.signatures, fromCommand),
  };
}

/** Undefined if things have moved on: there is another question, another process, or nothing left to do. */
async function undefinedIfStale<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return undefined;
    throw error;
  }
}
