/**
 * Lambda's event source for SQS: receives batches from a queue, invokes the function, and deletes
 * the messages that it handled.
 *
 * 1. Batches of different message groups are handled in parallel, up to the maximum concurrency.
 *    The queue ensures that a group has one batch in flight: a batch whose visibility timeout ends
 *    while its function runs is received again, in parallel.
 * 2. Handled messages are deleted. Failed messages stay invisible until their visibility timeout
 *    ends: the whole batch if the function failed, otherwise those that it reported.
 * 3. An answer fails the whole batch if it has an unknown form, or reports a message that is not in
 *    the batch.
 * 4. A batch has at most 6 MB as the event of the function. The messages behind them stay in the
 *    queue, as if they had not been received.
 * 5. A throttled invocation is retried while its messages are invisible; it does not count as a
 *    receive.
 *
 * @module
 */
import { z } from 'zod';
import { SqsError } from '../sqs/errors.ts';
import { systemAttributes } from '../sqs/operations.ts';
import { type Message, md5, type Queue } from '../sqs/queue.ts';
import type { Functions } from './functions.ts';
import { type Invocation, MAX_REQUEST_BYTES, RefusedError, ThrottledError } from './invocation.ts';
import { hopsOf } from './lineage.ts';

export interface Batch {
  readonly functionName: string;
  readonly messages: readonly Message[];
}

/** The outcome of a batch: `invocation` is undefined if there was none. */
export interface BatchResult extends Batch {
  readonly invocation: Invocation | undefined;
  readonly failed: readonly Message[];
}

export interface EventSourceOptions {
  readonly functions: Functions;
  readonly functionName: string;
  readonly queue: Queue;
  /** Default: 10. */
  readonly batchSize?: number;
  /** How long a batch of a standard queue is gathered. Default: 0. */
  readonly windowMs?: number;
  readonly reportBatchItemFailures?: boolean;
  /** Parallel batches. Default: 10. */
  readonly maximumConcurrency?: number;
  readonly region?: string;
  /** Called before a batch is delivered; the delivery waits for it. */
  readonly onBatch?: (batch: Batch) => void | Promise<void>;
  readonly onBatchEnd?: (result: BatchResult) => void;
  /** Whether a handled batch is delivered again. */
  readonly redelivers?: (batch: Batch) => boolean;
}

export interface EventSource {
  /** Number of batches that are being handled. */
  readonly busy: number;
  /** Whether batches are being handled or can be received. */
  readonly hasWork: boolean;
  /** Receives no more batches until `resume`. */
  pause(): void;
  resume(): void;
  /** Receives no more batches; running invocations continue. */
  close(): void;
}

const THROTTLE_RETRY_MS = 1000;

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
    region = 'us-east-1',
  } = options;
  const { clock } = functions;
  let busy = 0;
  let isPaused = false;
  let isClosed = false;
  let isPumping = false;

  function pump(): void {
    isPumping = false;
    while (!isPaused && !isClosed && busy < maximumConcurrency) {
      const messages = receive(batchSize);
      if (messages.length === 0) break;
      busy += 1;
      void handle(messages).finally(() => {
        busy -= 1;
        pumpSoon();
      });
    }
  }

  /** Rule 4. */
  const receive = (maximum: number): readonly Message[] => {
    let bytes = 0;
    return queue.receive(maximum, undefined, (message) => {
      bytes += Buffer.byteLength(JSON.stringify(recordOf(message, queue, region))) + 1;
      return bytes < MAX_REQUEST_BYTES - 1000;
    });
  };

  /** Deferred, so that messages of one request become one batch. */
  function pumpSoon(): void {
    if (isPumping || isClosed) return;
    isPumping = true;
    setImmediate(pump);
  }

  async function handle(first: readonly Message[]): Promise<void> {
    const messages = await gather(first);
    // A later receive of these messages changes their receipt handles.
    const receipts = new Map(messages.map((message) => [message, message.receipt ?? '']));
    const payload = JSON.stringify({
      Records: messages.map((message) => recordOf(message, queue, region)),
    });
    await options.onBatch?.({ functionName, messages });
    const invocation = await invoke(messages, payload);
    const failed = failedOf(messages, invocation, options.reportBatchItemFailures ?? false);
    const isRedelivered = options.redelivers?.({ functionName, messages }) ?? false;
    for (const message of messages)
      if (!isRedelivered && !failed.includes(message)) remove(receipts.get(message) ?? '');
    options.onBatchEnd?.({ functionName, messages, invocation, failed });
  }

  async function gather(first: readonly Message[]): Promise<readonly Message[]> {
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
        if (clock.now() + THROTTLE_RETRY_MS >= until) return undefined;
        await new Promise<void>((resolve) => clock.at(clock.now() + THROTTLE_RETRY_MS, resolve));
      }
    }
    return undefined;
  }

  /** Ignores an expired receipt: another receiver has the message. */
  function remove(receipt: string): void {
    try {
      queue.delete(receipt);
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
    }
  }

  const unsubscribe = queue.onChange(pumpSoon);
  pumpSoon();
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
      pumpSoon();
    },
    close() {
      isClosed = true;
      unsubscribe();
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
