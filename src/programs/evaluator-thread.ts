/**
 * The program of an evaluator's thread.
 *
 * The thread only handles messages. Between two messages it polls for a short time if the last one
 * came that soon, and then sleeps until the host notifies it.
 *
 * @module
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { createEvaluator } from '../evaluator/evaluator.ts';
import { ThreadMemory } from '../evaluator/thread-memory.ts';
import {
  ACTIVITY,
  type HostRequest,
  type PrefetchedEvents,
  type Reply,
  THREAD_SPIN_MS,
  type ThreadData,
  TO_HOST,
  TO_THREAD,
  type ToHost,
  type ToThread,
} from '../evaluator/thread-protocol.ts';
import { toErrorRecord } from '../model/errors.ts';
import type { HistoryEvent } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { RunInfo } from '../model/run.ts';
import type { HistoryReader } from '../ports/evaluator.ts';
import { itemPages } from '../ports/pages.ts';

const { port, sharedMemory, settings, memoryMiB }: ThreadData = workerData;
const slots = new Int32Array(sharedMemory);
const infos = new Map<RunId, RunInfo>();
let receivedCount = 0;
let evaluating = false;
const memory = new ThreadMemory(memoryMiB, () => {
  for (const run of infos.keys()) evaluator.drop(run);
});
let pendingRequest: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;

const evaluator = createEvaluator({
  ...settings,
  loadCode: () => requestFromHost({ kind: 'code' }, isText),
  fetchValue: (value) => requestFromHost({ kind: 'value', value }, isBytes),
  watch(_, work) {
    Atomics.add(slots, ACTIVITY, 1);
    try {
      const result = work();
      memory.check();
      return result;
    } finally {
      Atomics.add(slots, ACTIVITY, 1);
    }
  },
});

function post(message: ToHost): void {
  port.postMessage(message);
  Atomics.add(slots, TO_HOST, 1);
  Atomics.notify(slots, TO_HOST);
}

async function requestFromHost<T extends Reply>(
  request: HostRequest,
  isExpected: (reply: Reply) => reply is T,
): Promise<T> {
  const reply = await new Promise<Reply>((resolve, reject) => {
    pendingRequest = { resolve, reject };
    post({ kind: 'request', request });
  });
  if (!isExpected(reply))
    throw new TypeError(
      `the host replied to a request for ${request.kind} with another type of data`,
    );
  return reply;
}

const isText = (reply: Reply): reply is string => typeof reply === 'string';
const isBytes = (reply: Reply): reply is Uint8Array => reply instanceof Uint8Array;
const isEvents = (reply: Reply): reply is readonly HistoryEvent[] => Array.isArray(reply);
const isSignatures = (reply: Reply): reply is readonly string[] => Array.isArray(reply);

const historyOf = (prefetched: PrefetchedEvents | undefined): HistoryReader => ({
  events: (from) =>
    itemPages(
      async (at) => {
        const events =
          prefetched !== undefined && at >= prefetched.from
            ? prefetched.events.slice(at - prefetched.from)
            : [];
        return events.length > 0
          ? events
          : await requestFromHost({ kind: 'events', from: at }, isEvents);
      },
      { from },
    ),
  signatures: (from) =>
    itemPages((at) => requestFromHost({ kind: 'signatures', from: at }, isSignatures), { from }),
});

async function evaluate({
  info: newInfo,
  run,
  prefetched,
  kind: _,
  ...request
}: Extract<ToThread, { kind: 'evaluate' }>): Promise<void> {
  evaluating = true;
  try {
    if (newInfo !== undefined) infos.set(run, newInfo);
    const info = infos.get(run);
    if (info === undefined) throw new RangeError(`the thread has no info of run ${run}`);
    const answer = await evaluator.evaluate({ ...request, info, history: historyOf(prefetched) });
    evaluating = false;
    post({ kind: 'answer', answer });
  } catch (error) {
    evaluating = false;
    post({ kind: 'failed', error: toErrorRecord(error) });
  }
}

function onMessage(message: ToThread): void {
  switch (message.kind) {
    case 'evaluate':
      void evaluate(message);
      return;
    case 'drop':
      evaluator.drop(message.run);
      infos.delete(message.run);
      return;
    case 'reply':
      pendingRequest?.resolve(message.value);
      pendingRequest = undefined;
      return;
    case 'replyFailed':
      pendingRequest?.reject(new Error('the host could not reply'));
      pendingRequest = undefined;
      return;
  }
}

/** Whether the last message came within the time of polling. */
let messagesAreClose = true;

/** Blocks until there is a message. */
function waitForMessage(): void {
  const until = performance.now() + THREAD_SPIN_MS;
  if (messagesAreClose)
    while (Atomics.load(slots, TO_THREAD) === receivedCount && performance.now() < until);
  while (Atomics.load(slots, TO_THREAD) === receivedCount)
    Atomics.wait(slots, TO_THREAD, receivedCount);
  messagesAreClose = performance.now() < until;
}

/**
 * Handles one message in each turn of the event loop, so that the work that it started continues
 * between two messages.
 */
function receiveNext(from: MessagePort): void {
  // An evaluation without a pending request waits for work of this thread, such as a compilation,
  // so the thread must not block. In all other states, only a message can continue the work.
  if (!evaluating || pendingRequest !== undefined) waitForMessage();
  const received: { readonly message: ToThread } | undefined = receiveMessageOnPort(from);
  if (received !== undefined) {
    receivedCount += 1;
    onMessage(received.message);
  }
  setImmediate(receiveNext, from);
}

receiveNext(port);
