/**
 * Lambda's event source of SQS: takes batches from a queue, invokes, and does with the messages as
 * the answer says.
 *
 * 1. Batches of different message groups are under way at once, up to the maximum concurrency. That
 *    a group has one batch in flight is the queue's doing: a batch whose visibility ends while its
 *    function still works is received again, beside it.
 * 2. What was handled is deleted. What was not stays invisible until its visibility ends: all of a
 *    batch whose function failed, or those that it named.
 * 3. An answer that names messages which are not in the batch, or that is of no known form, fails
 *    the whole batch.
 * 4. An invocation that finds no room is tried again as long as its messages are invisible; it is
 *    no receive.
 *
 * @module
 */
import { z } from 'zod';
import { SqsError } from '../sqs/errors.ts';
import { systemAttributes } from '../sqs/operations.ts';
import { type Message, md5, type Queue } from '../sqs/queue.ts';
import type { Functions } from './functions.ts';
import { type Invocation, RefusedError, ThrottledError } from './invocation.ts';
import { hopsOf } from './lineage.ts';

export interface Batch {
  readonly functionName: string;
  readonly messages: readonly Message[];
}

/** What happened to a batch: `invocation` is undefined if there was none. */
export interface BatchEnd extends Batch {
  readonly invocation: Invocation | undefined;
  readonly failed: readonly Message[];
}

export interface EventSourceOptions {
  readonly functions: Functions;
  readonly functionName: string;
  readonly queue: Queue;
  /** Default: 10. */
  readonly batchSize?: number;
  /** How long a standard queue's batch is gathered. Default: 0. */
  readonly windowMs?: number;
  readonly reportBatchItemFailures?: boolean;
  /** Batches at once. Default: 10. */
  readonly maximumConcurrency?: number;
  readonly region?: string;
  /** Is called before a batch is handed over, which waits for it. */
  readonly onBatch?: (batch: Batch) => void | Promise<void>;
  readonly onEnd?: (end: BatchEnd) => void;
  /** True: the batch was handled, and its messages come again all the same. */
  readonly loses?: (batch: Batch) => boolean;
}

export interface EventSource {
  /** Batches under way. */
  readonly busy: number;
  /** It has batches under way, or is about to. */
  readonly hasWork: boolean;
  /** Takes no more batches until `resume`. */
  pause(): void;
  resume(): void;
  /** Takes no more; what is under way goes on. */
  close(): void;
}

const THROTTLE_MS = 1000;

const answerSchema = z
  .looseObject({
    batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string().min(1) })).nullish(),
  })
  .nullable();

export function startEventSource(options: EventSourceOptions): EventSource {
  const {
    functions,
    functionName,
    queue,
    batchSize = 10,
    windowMs = 0,
    maximumConcurrency = 10,
  } = options;
  const { clock } = functions;
  let busy = 0;
  let isPaused = false;
  let isClosed = false;
  let isPumping = false;

  function pump(): void {
    isPumping = false;
    while (!isPaused && !isClosed && busy < maximumConcurrency) {
      const messages = queue.receive(batchSize);
      if (messages.length === 0) break;
      busy += 1;
      void handle(messages).finally(() => {
        busy -= 1;
        soon();
      });
    }
  }

  /** What is sent in one request is one batch, not a batch and the rest. */
  function soon(): void {
    if (isPumping || isClosed) return;
    isPumping = true;
    setImmediate(pump);
  }

  async function handle(first: readonly Message[]): Promise<void> {
    const messages = await gathered(first);
    // As they were received: a later receive gives them other handles.
    const receipts = new Map(messages.map((message) => [message, message.receipt ?? '']));
    const payload = JSON.stringify({
      Records: messages.map((message) => recordOf(message, queue, options.region ?? 'us-east-1')),
    });
    await options.onBatch?.({ functionName, messages });
    const invocation = await invoke(messages, payload);
    const failed = failedOf(messages, invocation, options.reportBatchItemFailures ?? false);
    const isLost = options.loses?.({ functionName, messages }) ?? false;
    for (const message of messages)
      if (!isLost && !failed.includes(message)) remove(receipts.get(message) ?? '');
    options.onEnd?.({ functionName, messages, invocation, failed });
  }

  async function gathered(first: readonly Message[]): Promise<readonly Message[]> {
    if (windowMs === 0 || queue.settings.fifo || first.length === batchSize) return first;
    await new Promise<void>((resolve) => clock.at(clock.now() + windowMs, resolve));
    return [...first, ...queue.receive(batchSize - first.length)];
  }

  async function invoke(
    messages: readonly Message[],
    payload: string,
  ): Promise<Invocation | undefined> {
    const trace = messages
      .map((message) => message.trace)
      .reduce((a, b) => (hopsOf(functionName, b) > hopsOf(functionName, a) ? b : a), undefined);
    const until = Math.min(...messages.map(({ visibleAt }) => visibleAt));
    while (!isClosed) {
      try {
        return await functions.invoke(functionName, { payload, trace });
      } catch (error) {
        if (error instanceof RefusedError) return undefined;
        if (!(error instanceof ThrottledError)) throw error;
        if (clock.now() + THROTTLE_MS >= until) return undefined;
        await new Promise<void>((resolve) => clock.at(clock.now() + THROTTLE_MS, resolve));
      }
    }
    return undefined;
  }

  /** One whose visibility is over is somebody else's. */
  function remove(receipt: string): void {
    try {
      queue.delete(receipt);
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
    }
  }

  const stopListening = queue.onChange(soon);
  soon();
  return {
    get busy() {
      return busy;
    },
    get hasWork() {
      return busy > 0 || (!isPaused && queue.hasMore);
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      soon();
    },
    close() {
      isClosed = true;
      stopListening();
    },
  };
}

/** Rules 2 and 3. */
function failedOf(
  messages: readonly Message[],
  invocation: Invocation | undefined,
  reports: boolean,
): readonly Message[] {
  if (invocation?.status !== 'success') return messages;
  if (!reports) return [];
  const read = answerSchema.safeParse(JSON.parse(invocation.payload));
  if (!read.success) return messages;
  const named = new Set(
    (read.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier),
  );
  const failed = messages.filter(({ id }) => named.has(id));
  return failed.length === named.size ? failed : messages;
}

const recordOf = (message: Message, { settings }: Queue, region: string) => ({
  messageId: message.id,
  receiptHandle: message.receipt,
  body: message.body,
  attributes: systemAttributes(message),
  messageAttributes: {},
  md5OfBody: md5(message.body),
  eventSource: 'aws:sqs',
  eventSourceARN: settings.arn,
  awsRegion: region,
});
