/**
 * The evaluator's function, but for the evaluator that it holds: answers questions of `protocol.ts`.
 *
 * 1. One question at a time. What it needs beside the payload it reads by the URLs in it, and by nothing else.
 * 2. An evaluation that awaits a stored result waits for it across questions; any other question ends that wait, and the evaluation with it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { HistoryEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { RunInfo } from '../../model/run.ts';
import type { StoredValue } from '../../model/value.ts';
import type { Evaluator, HistoryReader, LogicAnswer } from '../../ports/evaluator.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import { unpackHistory } from './history-encoding.ts';
import type { ColdStart, EvaluatePayload, EvaluatorPayload, EvaluatorReply } from './protocol.ts';
import { storedKeysIn } from './stored-values.ts';

/** What the evaluator is to be made with. */
export interface EvaluatorSources {
  readonly loadCode: () => Promise<string>;
  readonly fetchValue: (value: StoredValue) => Promise<Uint8Array>;
}

export interface EvaluationService {
  handle(payload: EvaluatorPayload): Promise<EvaluatorReply>;
}

/** The payload does not reach back to where the evaluation is, or begins. */
class ColdStartRequiredError extends Error {}

const MAX_PAGE_LENGTH = 5_000_000;
const MAX_TEXT_LENGTH = 24_000_000;
const MAX_REQUESTED_KEYS = 50;
const MAX_CACHED_INFOS = 100;

interface PendingValue {
  readonly ticket: string;
  readonly key: string;
  supply(bytes: Promise<Uint8Array>): void;
}

export interface EvaluationServiceOptions {
  readonly fetchUrl?: typeof fetch;
  /** Characters of a page. Default: what fits into an answer of 6 MB. */
  readonly maxPageLength?: number;
  /** Characters of a page before it is packed. Default: what whoever asked can have in memory. */
  readonly maxTextLength?: number;
}

export function createEvaluationService(
  createEvaluator: (sources: EvaluatorSources) => Evaluator,
  options: EvaluationServiceOptions = {},
): EvaluationService {
  const {
    fetchUrl = fetch,
    maxPageLength = MAX_PAGE_LENGTH,
    maxTextLength = MAX_TEXT_LENGTH,
  } = options;
  const infos = new Map<RunId, RunInfo>();
  let current: PayloadHistory | undefined;
  let pendingValue: PendingValue | undefined;
  let onValueNeeded = (): void => undefined;

  const evaluator = createEvaluator({
    async loadCode() {
      if (current?.payload.coldStart === undefined) throw new ColdStartRequiredError();
      const { coldStart } = current.payload;
      const { code } = await current.complete(coldStart);
      return (
        code ?? Buffer.from(await read(coldStart.codeUrl, 'the code of the pipeline')).toString()
      );
    },
    fetchValue({ key }) {
      const url = current?.urls.get(key);
      if (url !== undefined) return read(url, key);
      return new Promise((resolve) => {
        pendingValue = { ticket: randomUUID(), key, supply: resolve };
        onValueNeeded();
      });
    },
  });
  /** Of the evaluation that waits for a result. */
  let runningEvaluation: Promise<EvaluatorReply> | undefined;

  async function read(url: string, key: string): Promise<Uint8Array> {
    const response = await fetchUrl(url);
    if (response.status === 404) throw new ObjectMissingError(key);
    if (!response.ok) throw new Error(`the store answered ${response.status} for ${key}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** The reply, or what must be known before there is one. */
  async function replyOrValueRequest(reply: Promise<EvaluatorReply>): Promise<EvaluatorReply> {
    runningEvaluation = reply;
    const valueNeeded = new Promise<'valuesNeeded'>((resolve) => {
      onValueNeeded = () => resolve('valuesNeeded');
      if (pendingValue !== undefined) resolve('valuesNeeded');
    });
    const first = await Promise.race([reply, valueNeeded]);
    if (first !== 'valuesNeeded' || pendingValue === undefined || current === undefined) {
      runningEvaluation = undefined;
      return first === 'valuesNeeded' ? reply : first;
    }
    return {
      kind: 'valuesNeeded',
      ticket: pendingValue.ticket,
      keys: [...current.keysFrom(pendingValue.key)].slice(0, MAX_REQUESTED_KEYS),
    };
  }

  function replyOf(answer: LogicAnswer): EvaluatorReply {
    if (answer.kind === 'broken') return answer;
    const text = JSON.stringify(answer.commands);
    if (text.length > maxTextLength) return { kind: 'pageTooLarge' };
    const commands = gzipSync(text).toString('base64');
    return commands.length > maxPageLength
      ? { kind: 'pageTooLarge' }
      : { kind: 'page', commands, more: answer.more };
  }

  /** Whatever waited for a result waits no longer: rule 2. */
  async function abandonPending(): Promise<void> {
    pendingValue?.supply(Promise.reject(new ColdStartRequiredError()));
    pendingValue = undefined;
    await runningEvaluation;
    runningEvaluation = undefined;
  }

  async function evaluate(payload: EvaluatePayload): Promise<EvaluatorReply> {
    await abandonPending();
    const info = payload.coldStart?.info ?? infos.get(payload.run);
    if (info === undefined) return { kind: 'coldStartNeeded' };
    if (infos.size >= MAX_CACHED_INFOS) infos.clear();
    infos.set(payload.run, info);
    const history = new PayloadHistory(payload, (url) => read(url, 'the history of the run'));
    current = history;
    const { generation, position, fromCommand, limit } = payload;
    const evaluation = evaluator.evaluate({
      info,
      generation,
      position,
      fromCommand,
      limit,
      history: history.history,
    });
    return replyOrValueRequest(evaluation.then(replyOf, failureOf));
  }

  return {
    async handle(payload) {
      if (payload.kind === 'evaluate') return evaluate(payload);
      if (
        pendingValue?.ticket !== payload.ticket ||
        runningEvaluation === undefined ||
        current === undefined
      )
        return { kind: 'coldStartNeeded' };
      for (const [key, url] of Object.entries(payload.urls)) current.urls.set(key, url);
      const { key, supply } = pendingValue;
      pendingValue = undefined;
      const url = current.urls.get(key);
      supply(url === undefined ? Promise.reject(new ObjectMissingError(key)) : read(url, key));
      return replyOrValueRequest(runningEvaluation);
    },
  };
}

const failureOf = (error: unknown): EvaluatorReply =>
  error instanceof ColdStartRequiredError
    ? { kind: 'coldStartNeeded' }
    : { kind: 'failed', reason: String(error) };

interface CompleteHistory {
  readonly code: string | undefined;
  readonly events: readonly HistoryEvent[];
  readonly signatures: readonly string[];
}

/** The history as one question brings it: read when it is asked for. */
class PayloadHistory {
  readonly urls: Map<string, string>;
  readonly #load: (url: string) => Promise<Uint8Array>;
  readonly #stored: string[] = [];
  #complete: Promise<CompleteHistory> | undefined;

  constructor(
    readonly payload: EvaluatePayload,
    load: (url: string) => Promise<Uint8Array>,
  ) {
    this.urls = new Map(Object.entries(payload.urls));
    this.#load = load;
    this.#stored.push(...storedKeysIn(payload.events));
  }

  get history(): HistoryReader {
    const { payload } = this;
    const complete = async () => {
      if (payload.coldStart === undefined) throw new ColdStartRequiredError();
      return this.complete(payload.coldStart);
    };
    return {
      async *events(from) {
        if (payload.coldStart === undefined && from >= payload.from)
          yield payload.events.slice(from - payload.from);
        else yield (await complete()).events.slice(from);
      },
      async *signatures(from) {
        yield (await complete()).signatures.slice(from);
      },
    };
  }

  complete(cold: ColdStart): Promise<CompleteHistory> {
    this.#complete ??= this.#readComplete(cold);
    return this.#complete;
  }

  /** Results that are not at hand, from this one on in the order of the history. */
  *keysFrom(key: string): Generator<string> {
    yield key;
    const at = this.#stored.indexOf(key);
    const seen = new Set([key]);
    for (const other of this.#stored.slice(at + 1)) {
      if (seen.has(other) || this.urls.has(other)) continue;
      seen.add(other);
      yield other;
    }
  }

  async #readComplete({ history }: ColdStart): Promise<CompleteHistory> {
    let code: string | undefined;
    const events: HistoryEvent[] = [];
    const signatures: string[] = [];
    for (const part of history) {
      for (const line of unpackHistory(
        'url' in part ? await this.#load(part.url) : Buffer.from(part.base64, 'base64'),
      )) {
        code ??= line.code;
        for (const event of line.events ?? []) events.push(event);
        for (const signature of line.signatures ?? []) signatures.push(signature);
      }
    }
    this.#stored.push(...storedKeysIn(events));
    return { code, events, signatures };
  }
}
