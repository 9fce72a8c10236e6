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
import { persistent } from './persistent.ts';

export interface OutsideProcess {
  readonly client: EvaluationClient;
  readonly makeEvaluator: (sources: Pick<EvaluatorOptions, 'loadCode' | 'fetchValue'>) => Evaluator;
  /** What no other process is called. */
  readonly name: string;
  /** Ends the evaluation; the run waits until somebody takes it up. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds between two looks. Default: from 100 on, to 5,000 where there is nothing for long. */
  readonly pause?: { readonly first: number; readonly longest: number } | undefined;
  /** Milliseconds for which an API that does not answer is waited for. Default: ten minutes. */
  readonly outage?: number | undefined;
}

/** `replaced`: another process took it over. */
export type OutsideEnd = 'over' | 'replaced' | 'stopped';

type Place = Pick<
  EvaluationAnswer,
  'process' | 'epoch' | 'generation' | 'position' | 'fromCommand'
>;

const PAUSE = { first: 100, longest: 5000 };
const OUTAGE = 600_000;
const COMMANDS = 1000;
/** Bytes of an answer: a request of the API takes little more. */
const LARGEST_PAGE = 3_500_000;
const FEWER = 8;

/** @throws ApiError, ApiUnreachableError: what the API does not do, or cannot for long */
export async function evaluateOutside({
  client: given,
  makeEvaluator,
  name,
  signal,
  pause = PAUSE,
  outage = OUTAGE,
}: OutsideProcess): Promise<OutsideEnd> {
  const client = persistent(given, { signal, outage, pause: pause.longest });
  const claimed = await stale(client.claim(name));
  if (claimed === undefined) return 'over';
  const { info, code } = claimed;
  let { epoch } = claimed;
  const text = client.read(code).then((bytes) => Buffer.from(bytes).toString());
  text.catch(() => undefined);
  const evaluator = makeEvaluator({
    loadCode: () => text,
    fetchValue: async ({ key }) =>
      client.read(await client.value(key)).catch((error: unknown) => {
        throw error instanceof ApiError && error.status === 404
          ? new ObjectMissingError(key)
          : error;
      }),
  });

  let last: EvaluationAnswer | undefined;
  for (let wait = pause.first; signal?.aborted !== true; ) {
    const { over, question, ...now } = await client.show();
    if (over) return 'over';
    if (now.epoch > epoch || (now.epoch === epoch && now.process !== name)) return 'replaced';
    const isPatient = wait < pause.longest;
    if (now.epoch < epoch) {
      // If another was faster, the next look says so.
      if (!isPatient) epoch = (await stale(client.claim(name)))?.epoch ?? epoch;
    } else if (question !== null) {
      const isNew = last === undefined || !isAbout(last, question);
      if (isNew)
        last = await answerTo(client, evaluator, info, { process: name, epoch, ...question });
      if (last !== undefined && (isNew || !isPatient)) await stale(client.answer(last));
      if (isNew) wait = pause.first;
    }
    await delay(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(pause.longest, wait * 1.5);
  }
  return 'stopped';
}

const isAbout = (
  answer: Place,
  { generation, position, fromCommand }: Omit<Place, 'process' | 'epoch'>,
): boolean =>
  answer.generation === generation &&
  answer.position === position &&
  answer.fromCommand === fromCommand;

/** With fewer commands where they are too large to be sent at once. */
async function answerTo(
  client: EvaluationClient,
  evaluator: Evaluator,
  info: RunInfo,
  place: Place,
): Promise<EvaluationAnswer> {
  for (let limit = COMMANDS; ; limit = Math.max(1, Math.floor(limit / FEWER))) {
    const body = bodyOf(
      place,
      await evaluator.evaluate({ info, ...place, limit, history: historyOf(client, place) }),
    );
    if (body !== undefined) return body;
    if (limit === 1)
      return { kind: 'broken', ...place, error: toErrorRecord(new CommandTooLargeError()) };
  }
}

function bodyOf(place: Place, answer: LogicAnswer): EvaluationAnswer | undefined {
  if (answer.kind === 'broken') return { kind: 'broken', ...place, error: answer.error };
  const page = JSON.stringify(answer.commands);
  return Buffer.byteLength(page) > LARGEST_PAGE
    ? undefined
    : { kind: 'page', ...place, page: JSON.parse(page), more: answer.more };
}

/** Of the run, as far as the place. @param source answers a page from a number on, as long as it likes */
export function historyOf(
  source: Pick<EvaluationClient, 'events' | 'signatures'>,
  { position, fromCommand }: Pick<Place, 'position' | 'fromCommand'>,
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
async function stale<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return undefined;
    throw error;
  }
}
