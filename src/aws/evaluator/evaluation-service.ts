/**
 * The evaluator's function without the evaluator itself: answers the requests of `protocol.ts`.
 *
 * 1. The service handles one request at a time. It reads data that is not in the payload by the
 *    URLs in the payload only.
 * 2. An evaluation that awaits a stored result waits for it across requests. Any other request ends
 *    this wait, and the evaluation with it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { writeCommands } from '../../model/command-page.ts';
import type { RunId } from '../../model/ids.ts';
import { MAX_BUNDLE_BYTES } from '../../model/limits.ts';
import type { RunInfo } from '../../model/run.ts';
import { LAMBDA_RESPONSE_BYTES } from '../../model/service-limits.ts';
import type { StoredValue } from '../../model/value.ts';
import type { Evaluator, LogicAnswer } from '../../ports/evaluator.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import { ObjectsUnavailableError, readObject } from './object-reads.ts';
import { ColdStartRequiredError, PayloadHistory } from './payload-history.ts';
import type {
  EvaluatePayload,
  EvaluatorPayload,
  EvaluatorReply,
  SupplyPayload,
} from './protocol.ts';

/** What the evaluator needs from the service. */
export interface EvaluatorSources {
  readonly loadCode: () => Promise<string>;
  readonly fetchValue: (value: StoredValue) => Promise<Uint8Array>;
}

export interface EvaluationService {
  handle(payload: EvaluatorPayload): Promise<EvaluatorReply>;
}

/** The rest is room for the fields beside the commands. */
const MAX_PACKED_PAGE_BYTES = LAMBDA_RESPONSE_BYTES - 4096;
const MAX_PAGE_BYTES = 24_000_000;
const MAX_REQUESTED_KEYS = 50;
const MAX_CACHED_INFOS = 100;
/** A part of a history, compressed. Only the controller writes it. */
const MAX_HISTORY_BYTES = 128 * 2 ** 20;

interface PendingValue {
  readonly ticket: string;
  readonly key: string;
  readonly maxBytes: number;
  supply(bytes: Promise<Uint8Array>): void;
}

export interface EvaluationServiceOptions {
  readonly fetchUrl?: typeof fetch;
  /** The most bytes of a packed page. Default: what fits into the result of an invocation. */
  readonly maxPackedPageBytes?: number;
  /** The most bytes of a page before it is packed. Default: what the caller has memory for. */
  readonly maxPageBytes?: number;
}

export const createEvaluationService = (
  createEvaluator: (sources: EvaluatorSources) => Evaluator,
  options: EvaluationServiceOptions = {},
): EvaluationService => new PayloadEvaluationService(createEvaluator, options);

class PayloadEvaluationService implements EvaluationService {
  readonly #evaluator: Evaluator;
  readonly #fetchUrl: typeof fetch;
  readonly #maxPackedPageBytes: number;
  readonly #maxPageBytes: number;
  readonly #infos = new Map<RunId, RunInfo>();
  #current: PayloadHistory | undefined;
  #pendingValue: PendingValue | undefined;
  #onValueNeeded = (): void => undefined;
  /** The evaluation that waits for a stored result. */
  #waitingEvaluation: Promise<EvaluatorReply> | undefined;

  constructor(
    createEvaluator: (sources: EvaluatorSources) => Evaluator,
    {
      fetchUrl = fetch,
      maxPackedPageBytes = MAX_PACKED_PAGE_BYTES,
      maxPageBytes = MAX_PAGE_BYTES,
    }: EvaluationServiceOptions,
  ) {
    this.#fetchUrl = fetchUrl;
    this.#maxPackedPageBytes = maxPackedPageBytes;
    this.#maxPageBytes = maxPageBytes;
    this.#evaluator = createEvaluator({
      loadCode: () => this.#loadCode(),
      fetchValue: (value) => this.#fetchValue(value),
    });
  }

  async handle(payload: EvaluatorPayload): Promise<EvaluatorReply> {
    return payload.kind === 'evaluate' ? this.#evaluate(payload) : this.#supply(payload);
  }

  async #evaluate(payload: EvaluatePayload): Promise<EvaluatorReply> {
    await this.#abandonPending();
    const info = payload.coldStart?.info ?? this.#infos.get(payload.run);
    if (info === undefined) return { kind: 'coldStartNeeded' };
    if (this.#infos.size >= MAX_CACHED_INFOS) this.#infos.clear();
    this.#infos.set(payload.run, info);
    const history = new PayloadHistory(payload, (url) =>
      this.#read(url, 'the history of the run', MAX_HISTORY_BYTES),
    );
    this.#current = history;
    const { id, continues, generation, position, fromCommand, limit } = payload;
    const evaluation = this.#evaluator.evaluate({
      info,
      id,
      continues,
      generation,
      position,
      fromCommand,
      limit,
      history: history.history,
    });
    return this.#replyOrValueRequest(evaluation.then((answer) => this.#replyOf(answer), failureOf));
  }

  async #supply({ ticket, urls }: SupplyPayload): Promise<EvaluatorReply> {
    const pending = this.#pendingValue;
    const evaluation = this.#waitingEvaluation;
    const current = this.#current;
    if (pending?.ticket !== ticket || evaluation === undefined || current === undefined)
      return { kind: 'coldStartNeeded' };
    for (const [key, url] of Object.entries(urls)) current.urls.set(key, url);
    this.#pendingValue = undefined;
    const { key, maxBytes, supply } = pending;
    const url = current.urls.get(key);
    supply(
      url === undefined
        ? Promise.reject(new ObjectMissingError(key))
        : this.#read(url, key, maxBytes),
    );
    return this.#replyOrValueRequest(evaluation);
  }

  /** Rule 2. */
  async #abandonPending(): Promise<void> {
    this.#pendingValue?.supply(Promise.reject(new ColdStartRequiredError()));
    this.#pendingValue = undefined;
    await this.#waitingEvaluation;
    this.#waitingEvaluation = undefined;
  }

  /** The reply of the evaluation, or a request for the stored results that it awaits. */
  async #replyOrValueRequest(reply: Promise<EvaluatorReply>): Promise<EvaluatorReply> {
    this.#waitingEvaluation = reply;
    const valueNeeded = new Promise<'valuesNeeded'>((resolve) => {
      this.#onValueNeeded = () => resolve('valuesNeeded');
      if (this.#pendingValue !== undefined) resolve('valuesNeeded');
    });
    const first = await Promise.race([reply, valueNeeded]);
    const [pending, current] = [this.#pendingValue, this.#current];
    if (first !== 'valuesNeeded' || pending === undefined || current === undefined) {
      this.#waitingEvaluation = undefined;
      return first === 'valuesNeeded' ? reply : first;
    }
    return {
      kind: 'valuesNeeded',
      ticket: pending.ticket,
      keys: [...current.missingKeysFrom(pending.key)].slice(0, MAX_REQUESTED_KEYS),
    };
  }

  #replyOf(answer: LogicAnswer): EvaluatorReply {
    if (answer.kind === 'broken') return answer;
    const text = writeCommands(answer.commands);
    if (Buffer.byteLength(text) > this.#maxPageBytes) return { kind: 'pageTooLarge' };
    const commands = gzipSync(text).toString('base64');
    return commands.length > this.#maxPackedPageBytes
      ? { kind: 'pageTooLarge' }
      : { kind: 'page', commands, more: answer.more };
  }

  async #loadCode(): Promise<string> {
    const current = this.#current;
    if (current?.payload.coldStart === undefined) throw new ColdStartRequiredError();
    const { coldStart } = current.payload;
    const { code } = await current.complete(coldStart);
    if (code !== undefined) return code;
    const text = await this.#read(coldStart.codeUrl, 'the code of the pipeline', MAX_BUNDLE_BYTES);
    return Buffer.from(text).toString();
  }

  #fetchValue({ key, size: maxBytes }: StoredValue): Promise<Uint8Array> {
    const url = this.#current?.urls.get(key);
    if (url !== undefined) return this.#read(url, key, maxBytes);
    return new Promise((resolve) => {
      this.#pendingValue = { ticket: randomUUID(), key, maxBytes, supply: resolve };
      this.#onValueNeeded();
    });
  }

  #read(url: string, key: string, maxBytes: number): Promise<Uint8Array> {
    return readObject({ url, key, maxBytes, fetchUrl: this.#fetchUrl });
  }
}

const failureOf = (error: unknown): EvaluatorReply =>
  error instanceof ColdStartRequiredError
    ? { kind: 'coldStartNeeded' }
    : {
        kind: 'failed',
        reason: String(error),
        ...(error instanceof ObjectsUnavailableError && { isTemporary: true }),
      };
