/**
 * The payloads of evaluation requests: what the evaluator's function must know beside the request.
 *
 * 1. A warm payload holds only the events since the last evaluation. It is possible as long as this
 *    process, or the caller, knows how far the evaluation was.
 * 2. A cold payload holds the whole history: the last snapshot by URL, and the rest inline, or as
 *    an object where it is too large.
 * 3. URLs are signed for objects of the run's own project only, whatever keys are requested.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { HistoryEvent } from '../../model/history.ts';
import { historyTailKey, projectOf, projectPrefix } from '../../model/object-layout.ts';
import type { RunInfo } from '../../model/run.ts';
import { jsonBytes, LAMBDA_REQUEST_BYTES } from '../../model/service-limits.ts';
import { isStored } from '../../model/value.ts';
import type { EvaluationRequest } from '../../ports/evaluator.ts';
import type { S3Objects } from '../storage/s3-objects.ts';
import type { HistoryCache } from './history-cache.ts';
import { packHistory } from './history-encoding.ts';
import type { Snapshots } from './history-snapshots.ts';
import type { ColdStart, EvaluatePayload } from './protocol.ts';
import { storedKeysIn } from './stored-values.ts';

/** Less than Lambda accepts: a larger part of the history is faster by URL. */
const MAX_PAYLOAD_BYTES = LAMBDA_REQUEST_BYTES - 2 ** 20;
const MAX_WARM_EVENTS = 1000;
/** Stored results whose URLs are sent before the function requests them. */
const MAX_PREFETCHED_URLS = 50;

export interface EvaluationPayloadsOptions {
  readonly objects: Pick<S3Objects, 'readUrl' | 'putIfAbsent'>;
  readonly snapshots: Pick<Snapshots, 'latest'>;
  readonly histories: Pick<HistoryCache, 'events' | 'signatures'>;
}

export class EvaluationPayloads {
  readonly #objects: EvaluationPayloadsOptions['objects'];
  readonly #snapshots: EvaluationPayloadsOptions['snapshots'];
  readonly #histories: EvaluationPayloadsOptions['histories'];

  constructor({ objects, snapshots, histories }: EvaluationPayloadsOptions) {
    this.#objects = objects;
    this.#snapshots = snapshots;
    this.#histories = histories;
  }

  /**
   * Rule 1; undefined if the request needs a cold payload.
   *
   * @param evaluated the number of events that the evaluation has seen, if that is known
   */
  async warm(
    request: EvaluationRequest,
    evaluated: number | undefined,
  ): Promise<EvaluatePayload | undefined> {
    const { position, fromCommand } = request;
    if (
      evaluated === undefined ||
      evaluated > position ||
      position - evaluated > MAX_WARM_EVENTS ||
      fromCommand === 0
    )
      return undefined;
    const events = await this.#histories.events(request, evaluated);
    const payload = {
      ...commonFields(request),
      from: evaluated,
      events,
      urls: await this.#prefetchedUrls(request.info, events),
    };
    return jsonBytes(payload) > MAX_PAYLOAD_BYTES ? undefined : payload;
  }

  /**
   * Rule 2.
   *
   * @param inline false: no part of the history is inline
   */
  async cold(request: EvaluationRequest, inline = true): Promise<EvaluatePayload> {
    const { info, generation, position, fromCommand } = request;
    const latest = await this.#snapshots.latest(info, generation);
    const snapshot =
      latest !== undefined && latest.events <= position && latest.signatures <= fromCommand
        ? latest
        : undefined;
    const events = await this.#histories.events(request, snapshot?.events ?? 0);
    const signatures = await this.#histories.signatures(request, snapshot?.signatures ?? 0);
    const coldStart: ColdStart = {
      info: withoutComponentCode(info),
      codeUrl: await this.#objects.readUrl(info.code.logic.key),
      history: snapshot === undefined ? [] : [{ url: await this.#objects.readUrl(snapshot.key) }],
    };
    const payload = {
      ...commonFields(request),
      from: 0,
      events: [],
      urls: await this.#prefetchedUrls(info, events, storedArgumentKeys(info)),
      coldStart,
    };
    const room = inline ? MAX_PAYLOAD_BYTES - jsonBytes(payload) : 0;
    const tail = await this.#inlineOrStored(info, packHistory(events, signatures), room);
    return { ...payload, coldStart: { ...coldStart, history: [...coldStart.history, tail] } };
  }

  /** Rule 3: the URLs of those keys that belong to the run's project. */
  async urls(info: RunInfo, keys: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const ownKeys = keys.filter((key) => key.startsWith(projectPrefix(projectOf(info))));
    return Object.fromEntries(
      await Promise.all(
        ownKeys.map(async (key) => [key, await this.#objects.readUrl(key)] as const),
      ),
    );
  }

  #prefetchedUrls(
    info: RunInfo,
    events: readonly HistoryEvent[],
    argumentKeys: readonly string[] = [],
  ) {
    return this.urls(
      info,
      [...argumentKeys, ...storedKeysIn(events)].slice(0, MAX_PREFETCHED_URLS),
    );
  }

  /** The end of the history, after the snapshot: inline if it has at most `maxBytes`. */
  async #inlineOrStored(
    info: RunInfo,
    tail: Uint8Array,
    maxBytes: number,
  ): Promise<ColdStart['history'][number]> {
    const inline = { base64: Buffer.from(tail).toString('base64') };
    if (jsonBytes(inline) < maxBytes) return inline;
    const key = historyTailKey(info, createHash('sha256').update(tail).digest('hex'));
    await this.#objects.putIfAbsent(key, tail);
    return { url: await this.#objects.readUrl(key) };
  }
}

const commonFields = ({
  info,
  id,
  continues,
  generation,
  position,
  fromCommand,
  limit,
}: EvaluationRequest) => ({
  kind: 'evaluate' as const,
  run: info.id,
  id,
  continues,
  generation,
  position,
  fromCommand,
  limit,
});

/** The logic of a child run needs its large arguments first. */
const storedArgumentKeys = ({ encodedArgs = {} }: RunInfo): readonly string[] =>
  Object.values(encodedArgs).flatMap((value) => (isStored(value) ? [value.key] : []));

/** In a large pipeline, the code of the components is most of the run's info. */
const withoutComponentCode = (info: RunInfo): RunInfo => ({
  ...info,
  code: {
    ...info.code,
    components: [],
    logic: { ...info.code.logic, packages: [], resolvedImports: {} },
    serializers: null,
  },
});
