/**
 * Evaluates the logic of one run for a remote engine, until the run is finished or another process
 * replaces this one.
 *
 * 1. It holds no durable state: a new process under another name replays the history from the
 *    start, and gives the same answers.
 * 2. It polls for requests, with a delay that grows while there is none.
 * 3. It tolerates outages of the API of several minutes (`retrying-client.ts`).
 * 4. It repeats a claim or an answer that had no effect: if a request is still pending, its answer
 *    was lost.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../../client/errors.ts';
import type { EvaluationClient } from '../../client/evaluations.ts';
import type { EvaluatorOptions } from '../../evaluator/index.ts';
import { writeCommands } from '../../model/command-page.ts';
import { toErrorRecord } from '../../model/errors.ts';
import { MAX_BUNDLE_BYTES } from '../../model/limits.ts';
import type { RunInfo } from '../../model/run.ts';
import { jsonBytes, MAX_LAMBDA_BODY_BYTES } from '../../model/service-limits.ts';
import {
  CommandTooLargeError,
  type Evaluator,
  type HistoryReader,
  type LogicAnswer,
} from '../../ports/evaluator.ts';
import { ObjectMissingError, ObjectTooLargeError } from '../../ports/objects.ts';
import type { EvaluationAnswer } from '../../wire/evaluations.ts';
import { createRetryingClient } from './retrying-client.ts';

export interface ExternalEvaluationOptions {
  readonly client: EvaluationClient;
  readonly makeEvaluator: (sources: Pick<EvaluatorOptions, 'loadCode' | 'fetchValue'>) => Evaluator;
  /** The unique name of this process. */
  readonly name: string;
  /** Stops the evaluation. The run waits until another process evaluates it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds between two polls. Default: 100 at first, and up to 5,000 while there is no
   * request.
   */
  readonly pollDelay?: { readonly initialMs: number; readonly maxMs: number } | undefined;
  /** How long requests to an unavailable API are retried, in milliseconds. Default: ten minutes. */
  readonly maxOutageMs?: number | undefined;
}

/** `replaced`: another process evaluates the run now. */
export type ExternalEvaluationResult = 'finished' | 'replaced' | 'stopped';

type AnswerPosition = Pick<
  EvaluationAnswer,
  'process' | 'epoch' | 'generation' | 'position' | 'fromCommand'
>;

const DEFAULT_POLL_DELAY = { initialMs: 100, maxMs: 5000 };
const DEFAULT_MAX_OUTAGE_MS = 600_000;
const MAX_COMMANDS_PER_ANSWER = 1000;
/** The most bytes of an answer: less than `MAX_BODY_BYTES`, which the API accepts. */
const MAX_ANSWER_BYTES = 3_500_000;
const SHRINK_FACTOR = 8;

/**
 * Evaluates the run that the client is bound to.
 *
 * @throws ApiError if the API rejects a request
 * @throws ApiUnreachableError if an outage lasts too long
 */
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
  if (claimed === undefined) return 'finished';
  const { runInfo, bundleLink } = claimed;
  let { epoch } = claimed;
  const evaluator = makeEvaluator(sourcesOf(client, bundleLink));

  let lastAnswer: EvaluationAnswer | undefined;
  for (let waitMs = pollDelay.initialMs; signal?.aborted !== true; ) {
    const { terminal, request, ...current } = await client.evaluation();
    if (terminal) return 'finished';
    if (current.epoch > epoch || (current.epoch === epoch && current.process !== name))
      return 'replaced';
    const isPollingFast = waitMs < pollDelay.maxMs;
    if (current.epoch < epoch) {
      // If another process claimed the run first, the next poll returns it.
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

/** Reads the code and the values of the run through the API. */
function sourcesOf(
  client: EvaluationClient,
  bundleLink: Parameters<EvaluationClient['readLink']>[0],
): Pick<EvaluatorOptions, 'loadCode' | 'fetchValue'> {
  const read = async (link: typeof bundleLink, key: string, maxBytes: number) => {
    const content = await client.readLink(link, maxBytes);
    if (content === undefined) throw new ObjectTooLargeError(key, undefined, maxBytes);
    return content;
  };
  const codeText = read(bundleLink, 'the code of the pipeline', MAX_BUNDLE_BYTES).then((bytes) =>
    Buffer.from(bytes).toString(),
  );
  // A failure is thrown to the evaluator when it loads the code.
  codeText.catch(() => undefined);
  return {
    loadCode: () => codeText,
    fetchValue: async ({ key, size }) =>
      read(await client.valueLink(key), key, size).catch((error: unknown) => {
        throw error instanceof ApiError && error.status === 404
          ? new ObjectMissingError(key)
          : error;
      }),
  };
}

const isAbout = (
  answer: AnswerPosition,
  { generation, position, fromCommand }: Omit<AnswerPosition, 'process' | 'epoch'>,
): boolean =>
  answer.generation === generation &&
  answer.position === position &&
  answer.fromCommand === fromCommand;

/** Evaluates a request, with fewer commands if they are too large for one answer. */
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

/** Returns undefined if the answer is too large. */
function toEvaluationAnswer(
  target: AnswerPosition,
  answer: LogicAnswer,
): EvaluationAnswer | undefined {
  if (answer.kind === 'broken') return { kind: 'broken', ...target, error: answer.error };
  const page = writeCommands(answer.commands);
  return Buffer.byteLength(page) > MAX_ANSWER_BYTES || jsonBytes(page) > MAX_LAMBDA_BODY_BYTES
    ? undefined
    : { kind: 'page', ...target, commands: JSON.parse(page), hasMore: answer.more };
}

/**
 * Returns the history of the run up to the requested position.
 *
 * @param source Returns a page of any length from a given number on.
 */
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

/**
 * Returns undefined if the request is outdated: the run has another request or another evaluator,
 * or is finished.
 */
async function undefinedIfStale<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return undefined;
    throw error;
  }
}
