/**
 * The evaluator port on a Lambda function. The function's side is `evaluation-service.ts`.
 *
 * 1. The caller cannot choose which instance answers. A request holds the new events only; if the
 *    instance does not know the run, the request is repeated with the whole history.
 * 2. With isolation by tenant, the tenant is the project: no instance serves two projects.
 * 3. The function receives URLs for objects of the run's own project only, whatever it requests.
 * 4. A crash is an answer of its own, which the controller counts on record.
 * 5. A request that is too large for Lambda is repeated with the whole history by URL.
 *
 * @module
 */
import { gunzipSync } from 'node:zlib';
import { HeadraceError, toErrorRecord } from '../../model/errors.ts';
import type { SignedCommand } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import {
  CommandTooLargeError,
  type EvaluationRequest,
  type Evaluator,
  type EvaluatorCrash,
  type LogicAnswer,
} from '../../ports/evaluator.ts';
import type { Tasks } from '../../ports/tasks.ts';
import { errorData, type Log } from '../observability/log.ts';
import type { S3Objects } from '../storage/s3-objects.ts';
import { EvaluationPayloads } from './evaluation-payloads.ts';
import { createHistoryCache, type HistoryCache } from './history-cache.ts';
import { createSnapshots, type Snapshots } from './history-snapshots.ts';
import {
  type EvaluatorFunction,
  EvaluatorUnavailableError,
  invokeEvaluator,
} from './invocation.ts';
import { ObjectsUnavailableError } from './object-reads.ts';
import type { EvaluatePayload, EvaluatorPayload } from './protocol.ts';

export interface LambdaEvaluatorOptions extends EvaluatorFunction {
  readonly objects: S3Objects;
  readonly tasks: Pick<Tasks, 'events' | 'signatures'>;
  /** Reads commands from JSON of an untrusted source. */
  readonly readCommands: (json: string) => readonly SignedCommand[];
  readonly log: Log;
}

/** The run itself, without its history, is too large for a request to the evaluator. */
export class RunTooLargeError extends HeadraceError {
  constructor() {
    super(
      "the arguments and the declaration of the run are too large for a request to the evaluator's function: pass large data by a file or an artifact",
    );
  }
}

/** The unpacked size that an answer of 6 MB can have. */
const MAX_PAGE_BYTES = 64 * 2 ** 20;
const SHRINK_FACTOR = 8;
const MAX_REMEMBERED_RUNS = 500;
/** Replies without an answer. An event has up to 100 values, and a reply requests up to 50. */
const REPLIES_PER_EVENT = 4;
const MIN_REPLIES = 20;

interface EvaluationProgress {
  readonly generation: number;
  readonly position: number;
  /** Commands a page: fewer than requested if a larger page did not fit into an answer. */
  readonly limit: number;
}

interface RemoteAnswer {
  readonly answer: LogicAnswer | EvaluatorCrash;
  readonly limit: number;
}

export const createLambdaEvaluator = (
  options: LambdaEvaluatorOptions,
): Evaluator<LogicAnswer | EvaluatorCrash> => new LambdaEvaluator(options);

class LambdaEvaluator implements Evaluator<LogicAnswer | EvaluatorCrash> {
  readonly #options: LambdaEvaluatorOptions;
  readonly #snapshots: Snapshots;
  readonly #histories: HistoryCache = createHistoryCache();
  readonly #payloads: EvaluationPayloads;
  /** How far the evaluation of a run was after the last request. */
  readonly #progress = new Map<RunId, EvaluationProgress>();

  constructor(options: LambdaEvaluatorOptions) {
    const { objects, tasks } = options;
    this.#options = options;
    this.#snapshots = createSnapshots({ objects, tasks });
    this.#payloads = new EvaluationPayloads({
      objects,
      snapshots: this.#snapshots,
      histories: this.#histories,
    });
  }

  async evaluate(original: EvaluationRequest): Promise<LogicAnswer | EvaluatorCrash> {
    const { info, generation, position, fromCommand } = original;
    const last = this.#progress.get(info.id);
    const request = { ...original, limit: Math.min(original.limit, last?.limit ?? original.limit) };
    const evaluated = last?.generation === generation ? last.position : original.knownEvents;
    const { answer, limit } = await this.#evaluateRemotely(
      request,
      (await this.#payloads.warm(request, evaluated)) ?? (await this.#payloads.cold(request)),
    );
    if (this.#progress.size >= MAX_REMEMBERED_RUNS) this.#progress.clear();
    if (answer.kind === 'page') {
      const nextLimit = answer.more ? limit : original.limit;
      this.#progress.set(info.id, { generation, position, limit: nextLimit });
      this.#histories.recordAnswer(request, answer.commands);
    } else this.#progress.delete(info.id);
    if (answer.kind === 'crashed') return answer;
    await this.#snapshots
      .grow(info, generation, position, fromCommand)
      .then((snapshot) => snapshot !== undefined && this.#histories.dropBelow(info.id, snapshot))
      .catch((error: unknown) =>
        this.#options.log.warn('snapshot not made', { run: info.id, ...errorData(error) }),
      );
    return answer;
  }

  drop(run: RunId): void {
    this.#progress.delete(run);
    this.#histories.drop(run);
  }

  /** Invokes the function, and supplies what it requests, until it answers. */
  async #evaluateRemotely(
    request: EvaluationRequest,
    first: EvaluatePayload,
  ): Promise<RemoteAnswer> {
    const { info } = request;
    const { readCommands, log } = this.#options;
    let limit = first.limit;
    let payload: EvaluatorPayload = first;
    let isInline = true;
    const coldPayload = async () => ({ ...(await this.#payloads.cold(request, isInline)), limit });
    const brokenAnswer = (error: HeadraceError): RemoteAnswer => ({
      answer: { kind: 'broken', error: toErrorRecord(error) },
      limit,
    });
    // Each reply without an answer concerns stored results of events that the function received.
    let remaining = MIN_REPLIES + REPLIES_PER_EVENT * request.position;
    for (; ; remaining -= 1) {
      if (remaining === 0)
        throw new EvaluatorUnavailableError('the evaluator requests data again and again');
      const reply = await invokeEvaluator(this.#options, info, payload);
      switch (reply.kind) {
        case 'page': {
          const commands = readCommands(unzipPage(reply.commands));
          return { answer: { kind: 'page', commands, more: reply.more }, limit };
        }
        case 'broken':
          return { answer: reply, limit };
        case 'valuesNeeded':
          payload = {
            kind: 'supply',
            run: info.id,
            ticket: reply.ticket,
            urls: await this.#payloads.urls(info, reply.keys),
          };
          break;
        case 'pageTooLarge':
          if (limit === 1) return brokenAnswer(new CommandTooLargeError());
          limit = Math.max(1, Math.floor(limit / SHRINK_FACTOR));
          payload = await coldPayload();
          break;
        case 'coldStartNeeded':
          payload = await coldPayload();
          break;
        case 'requestTooLarge':
          if (!isInline) return brokenAnswer(new RunTooLargeError());
          isInline = false;
          payload = await coldPayload();
          break;
        case 'crashed':
          log.warn('evaluator crashed', { run: info.id, reason: reply.reason });
          return { answer: reply, limit };
        case 'failed':
          throw reply.isTemporary === true
            ? new ObjectsUnavailableError(`the evaluator cannot read the store: ${reply.reason}`)
            : new EvaluatorUnavailableError(`the evaluator failed: ${reply.reason}`);
      }
    }
  }
}

/** @throws EvaluatorUnavailableError */
function unzipPage(base64: string): string {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), {
      maxOutputLength: MAX_PAGE_BYTES,
    }).toString();
  } catch (error) {
    throw new EvaluatorUnavailableError(
      "the evaluator's reply is not valid: it cannot be unpacked",
      {
        cause: error,
      },
    );
  }
}
