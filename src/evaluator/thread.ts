/**
 * The program of an evaluator's thread.
 *
 * It has nothing to do but what it is told: between two messages it looks out for a while, then sleeps until it is woken.
 *
 * @module
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toErrorRecord } from '../model/errors.ts';
import type { HistoryEvent } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { RunInfo } from '../model/run.ts';
import type { HistoryReader } from '../ports/evaluator.ts';
import { createEvaluator } from './evaluator.ts';
import {
  type Ahead,
  BEAT,
  type Given,
  type Question,
  THREAD_LOOKOUT,
  type ThreadData,
  TO_HOST,
  TO_THREAD,
  type ToHost,
  type ToThread,
} from './thread-protocol.ts';

const { port, shared, settings }: ThreadData = workerData;
const places = new Int32Array(shared);
const infos = new Map<RunId, RunInfo>();
let seen = 0;
let evaluating = false;
let asking: { resolve(given: Given): void; reject(error: Error): void } | undefined;

const evaluator = createEvaluator({
  ...settings,
  loadCode: () => ask({ about: 'code' }, isText),
  fetchValue: (value) => ask({ about: 'value', value }, isBytes),
  watch(_, work) {
    Atomics.add(places, BEAT, 1);
    try {
      return work();
    } finally {
      Atomics.add(places, BEAT, 1);
    }
  },
});

function say(message: ToHost): void {
  port.postMessage(message);
  Atomics.add(places, TO_HOST, 1);
  Atomics.notify(places, TO_HOST);
}

async function ask<T extends Given>(
  question: Question,
  is: (given: Given) => given is T,
): Promise<T> {
  const given = await new Promise<Given>((resolve, reject) => {
    asking = { resolve, reject };
    say({ kind: 'ask', question });
  });
  if (!is(given))
    throw new TypeError(`the host answered a question about ${question.about} with something else`);
  return given;
}

const isText = (given: Given): given is string => typeof given === 'string';
const isBytes = (given: Given): given is Uint8Array => given instanceof Uint8Array;
const isEvents = (given: Given): given is readonly HistoryEvent[] => Array.isArray(given);
const isSignatures = (given: Given): given is readonly string[] => Array.isArray(given);

async function* pages<T>(
  from: number,
  page: (from: number) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (let at = from; ; ) {
    const items = await page(at);
    if (items.length === 0) return;
    yield items;
    at += items.length;
  }
}

const historyOf = (ahead: Ahead | undefined): HistoryReader => ({
  events: (from) =>
    pages(from, async (at) => {
      const known =
        ahead !== undefined && at >= ahead.from ? ahead.events.slice(at - ahead.from) : [];
      return known.length > 0 ? known : await ask({ about: 'events', from: at }, isEvents);
    }),
  signatures: (from) => pages(from, (at) => ask({ about: 'signatures', from: at }, isSignatures)),
});

async function evaluate({
  info: sent,
  run,
  ahead,
  kind: _,
  ...request
}: Extract<ToThread, { kind: 'evaluate' }>): Promise<void> {
  evaluating = true;
  try {
    if (sent !== undefined) infos.set(run, sent);
    const info = infos.get(run);
    if (info === undefined) throw new RangeError(`nothing is known of run ${run}`);
    const answer = await evaluator.evaluate({ ...request, info, history: historyOf(ahead) });
    evaluating = false;
    say({ kind: 'answer', answer });
  } catch (error) {
    evaluating = false;
    say({ kind: 'failed', error: toErrorRecord(error) });
  }
}

function hear(message: ToThread): void {
  switch (message.kind) {
    case 'evaluate':
      void evaluate(message);
      return;
    case 'drop':
      evaluator.drop(message.run);
      infos.delete(message.run);
      return;
    case 'given':
      asking?.resolve(message.value);
      asking = undefined;
      return;
    case 'refused':
      asking?.reject(new Error('the host could not answer'));
      asking = undefined;
      return;
  }
}

/** Returns when there is a message. */
function lookOut(): void {
  const until = performance.now() + THREAD_LOOKOUT;
  while (Atomics.load(places, TO_THREAD) === seen && performance.now() < until);
  while (Atomics.load(places, TO_THREAD) === seen) Atomics.wait(places, TO_THREAD, seen);
}

/** One message a turn: in between, what it set in motion goes on. */
function serve(from: MessagePort): void {
  // An evaluation may wait for what this thread itself does, such as to compile: only a message can end any other wait.
  if (!evaluating || asking !== undefined) lookOut();
  const received: { readonly message: ToThread } | undefined = receiveMessageOnPort(from);
  if (received !== undefined) {
    seen += 1;
    hear(received.message);
  }
  setImmediate(serve, from);
}

serve(port);
