/**
 * The history of a run as the payload of one request holds it, read when the evaluation needs it.
 *
 * @module
 */
import type { HistoryEvent } from '../../model/history.ts';
import type { HistoryReader } from '../../ports/evaluator.ts';
import { unpackHistory } from './history-encoding.ts';
import type { ColdStart, EvaluatePayload } from './protocol.ts';
import { storedKeysIn } from './stored-values.ts';

/**
 * The payload does not reach back to the position of the evaluation, or to the start of the run.
 */
export class ColdStartRequiredError extends Error {}

interface CompleteHistory {
  readonly code: string | undefined;
  readonly events: readonly HistoryEvent[];
  readonly signatures: readonly string[];
}

export class PayloadHistory {
  /** URLs of stored results, by key. */
  readonly urls: Map<string, string>;
  readonly payload: EvaluatePayload;
  readonly #load: (url: string) => Promise<Uint8Array>;
  readonly #storedKeys: string[] = [];
  #complete: Promise<CompleteHistory> | undefined;

  constructor(payload: EvaluatePayload, load: (url: string) => Promise<Uint8Array>) {
    this.payload = payload;
    this.urls = new Map(Object.entries(payload.urls));
    this.#load = load;
    this.#storedKeys.push(...storedKeysIn(payload.events));
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

  complete(coldStart: ColdStart): Promise<CompleteHistory> {
    this.#complete ??= this.#readComplete(coldStart);
    return this.#complete;
  }

  /** `key`, and the stored results after it in the history whose URLs are not known. */
  *missingKeysFrom(key: string): Generator<string> {
    yield key;
    const at = this.#storedKeys.indexOf(key);
    const seen = new Set([key]);
    for (const other of this.#storedKeys.slice(at + 1)) {
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
      const packed =
        'url' in part ? await this.#load(part.url) : Buffer.from(part.base64, 'base64');
      for (const line of unpackHistory(packed)) {
        code ??= line.code;
        for (const event of line.events ?? []) events.push(event);
        for (const signature of line.signatures ?? []) signatures.push(signature);
      }
    }
    this.#storedKeys.push(...storedKeysIn(events));
    return { code, events, signatures };
  }
}
