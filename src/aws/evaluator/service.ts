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
import { unpackHistory } from './history-text.ts';
import type { ColdStart, EvaluateQuestion, Question, Reply } from './protocol.ts';
import { storedIn } from './stored.ts';

/** What the evaluator is to be made with. */
export interface EvaluatorSources {
  readonly loadCode: () => Promise<string>;
  readonly fetchValue: (value: StoredValue) => Promise<Uint8Array>;
}

export interface EvaluationService {
  answer(question: Question): Promise<Reply>;
}

/** The payload does not reach back to where the evaluation is, or begins. */
class ColdError extends Error {}

const LARGEST_PAGE = 5_000_000;
const LARGEST_TEXT = 24_000_000;
const KEYS_AT_ONCE = 50;
const MOST_INFOS = 100;

interface Need {
  readonly ticket: string;
  readonly key: string;
  supply(bytes: Promise<Uint8Array>): void;
}

export interface ServiceOptions {
  readonly fetchUrl?: typeof fetch;
  /** Characters of a page. Default: what fits into an answer of 6 MB. */
  readonly largestPage?: number;
  /** Characters of a page before it is packed. Default: what whoever asked can have in memory. */
  readonly largestText?: number;
}

export function createEvaluationService(make: (sources: EvaluatorSources) => Evaluator, options: ServiceOptions = {}): EvaluationService {
  const { fetchUrl = fetch, largestPage = LARGEST_PAGE, largestText = LARGEST_TEXT } = options;
  const infos = new Map<RunId, RunInfo>();
  let current: Reading | undefined;
  let need: Need | undefined;
  let needed = (): void => undefined;

  const evaluator = make({
    async loadCode() {
      if (current?.question.cold === undefined) throw new ColdError();
      const { cold } = current.question;
      const { code } = await current.whole(cold);
      return code ?? Buffer.from(await read(cold.code, 'the code of the pipeline')).toString();
    },
    fetchValue({ key }) {
      const url = current?.urls.get(key);
      if (url !== undefined) return read(url, key);
      return new Promise((resolve) => {
        need = { ticket: randomUUID(), key, supply: resolve };
        needed();
      });
    },
  });
  /** Of the evaluation that waits for a result. */
  let underWay: Promise<Reply> | undefined;

  async function read(url: string, key: string): Promise<Uint8Array> {
    const response = await fetchUrl(url);
    if (response.status === 404) throw new ObjectMissingError(key);
    if (!response.ok) throw new Error(`the store answered ${response.status} for ${key}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** The reply, or what must be known before there is one. */
  async function replyOrNeed(reply: Promise<Reply>): Promise<Reply> {
    underWay = reply;
    const asks = new Promise<'need'>((resolve) => {
      needed = () => resolve('need');
      if (need !== undefined) resolve('need');
    });
    const first = await Promise.race([reply, asks]);
    if (first !== 'need' || need === undefined || current === undefined) {
      underWay = undefined;
      return first === 'need' ? reply : first;
    }
    return { kind: 'need', ticket: need.ticket, keys: [...current.keysFrom(need.key)].slice(0, KEYS_AT_ONCE) };
  }

  function replyOf(answer: LogicAnswer): Reply {
    if (answer.kind === 'broken') return answer;
    const text = JSON.stringify(answer.commands);
    if (text.length > largestText) return { kind: 'large' };
    const commands = gzipSync(text).toString('base64');
    return commands.length > largestPage ? { kind: 'large' } : { kind: 'page', commands, more: answer.more };
  }

  /** Whatever waited for a result waits no longer: rule 2. */
  async function abandon(): Promise<void> {
    need?.supply(Promise.reject(new ColdError()));
    need = undefined;
    await underWay;
    underWay = undefined;
  }

  async function evaluate(question: EvaluateQuestion): Promise<Reply> {
    await abandon();
    const info = question.cold?.info ?? infos.get(question.run);
    if (info === undefined) return { kind: 'cold' };
    if (infos.size >= MOST_INFOS) infos.clear();
    infos.set(question.run, info);
    const reading = new Reading(question, (url) => read(url, 'the history of the run'));
    current = reading;
    const { generation, position, commands, limit } = question;
    const evaluation = evaluator.evaluate({ info, generation, position, fromCommand: commands, limit, history: reading.history });
    return replyOrNeed(evaluation.then(replyOf, failureOf));
  }

  return {
    async answer(question) {
      if (question.kind === 'evaluate') return evaluate(question);
      if (need?.ticket !== question.ticket || underWay === undefined || current === undefined) return { kind: 'cold' };
      for (const [key, url] of Object.entries(question.urls)) current.urls.set(key, url);
      const { key, supply } = need;
      need = undefined;
      const url = current.urls.get(key);
      supply(url === undefined ? Promise.reject(new ObjectMissingError(key)) : read(url, key));
      return replyOrNeed(underWay);
    },
  };
}

const failureOf = (error: unknown): Reply => (error instanceof ColdError ? { kind: 'cold' } : { kind: 'failed', reason: String(error) });

interface Whole {
  readonly code: string | undefined;
  readonly events: readonly HistoryEvent[];
  readonly signatures: readonly string[];
}

/** The history as one question brings it: read when it is asked for. */
class Reading {
  readonly urls: Map<string, string>;
  readonly #load: (url: string) => Promise<Uint8Array>;
  readonly #stored: string[] = [];
  #whole: Promise<Whole> | undefined;

  constructor(
    readonly question: EvaluateQuestion,
    load: (url: string) => Promise<Uint8Array>,
  ) {
    this.urls = new Map(Object.entries(question.urls));
    this.#load = load;
    this.#stored.push(...storedIn(question.events));
  }

  get history(): HistoryReader {
    const { question } = this;
    const whole = async () => {
      if (question.cold === undefined) throw new ColdError();
      return this.whole(question.cold);
    };
    return {
      async *events(from) {
        if (question.cold === undefined && from >= question.from) yield question.events.slice(from - question.from);
        else yield (await whole()).events.slice(from);
      },
      async *signatures(from) {
        yield (await whole()).signatures.slice(from);
      },
    };
  }

  whole(cold: ColdStart): Promise<Whole> {
    this.#whole ??= this.#readWhole(cold);
    return this.#whole;
  }

  /** Results that are not at hand, from this one on in the order of the history. */
  *keysFrom(key: string): Generator<string> {
    yield key;
    const at = this.#stored.indexOf(key);
    const given = new Set([key]);
    for (const other of this.#stored.slice(at + 1)) {
      if (given.has(other) || this.urls.has(other)) continue;
      given.add(other);
      yield other;
    }
  }

  async #readWhole({ history }: ColdStart): Promise<Whole> {
    let code: string | undefined;
    const events: HistoryEvent[] = [];
    const signatures: string[] = [];
    for (const part of history) {
      for (const line of unpackHistory('url' in part ? await this.#load(part.url) : Buffer.from(part.base64, 'base64'))) {
        code ??= line.code;
        for (const event of line.events ?? []) events.push(event);
        for (const signature of line.signatures ?? []) signatures.push(signature);
      }
    }
    this.#stored.push(...storedIn(events));
    return { code, events, signatures };
  }
}
