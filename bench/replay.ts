/**
 * Measures a replay: a fresh evaluation receives the whole history of an awaited loop, and compares
 * each call's signature with the recorded one.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { createEvaluator } from '../src/evaluator/evaluator.ts';
import type { HistoryEvent } from '../src/model/history.ts';
import type { RunInfo } from '../src/model/run.ts';
import type { HistoryReader } from '../src/ports/evaluator.ts';
import { compile } from '../src/submit/compile.ts';
import { prepareRun } from '../src/submit/prepare.ts';
import { rounds, type Samples, time } from './harness.ts';

/** Relative to `dist`, where this program is bundled. */
const FILE = fileURLToPath(new URL('../bench/pipelines/engine.ts', import.meta.url));
const PAGE_EVENTS = 1000;

interface Recording {
  readonly info: RunInfo;
  readonly events: readonly HistoryEvent[];
  readonly signatures: readonly string[];
}

const evaluatorOf = (logic: string) =>
  createEvaluator({
    loadCode: async () => logic,
    fetchValue: async ({ key }) => Promise.reject(new Error(`no object ${key}`)),
  });

function reader({ events, signatures }: Pick<Recording, 'events' | 'signatures'>): HistoryReader {
  async function* pages<T>(all: readonly T[], from: number) {
    for (let at = from; at < all.length; at += PAGE_EVENTS) yield all.slice(at, at + PAGE_EVENTS);
  }
  return { events: (from) => pages(events, from), signatures: (from) => pages(signatures, from) };
}

async function prepare(calls: number): Promise<{ readonly info: RunInfo; readonly logic: string }> {
  const compiled = await compile({ file: FILE, pipeline: 'awaited' });
  const info = await prepareRun(
    compiled,
    { args: { steps: calls }, noCache: false },
    { register: async (_pipeline, version) => version },
  );
  return { info: { ...info, number: 1 }, logic: compiled.texts.get(compiled.code.logic.key) ?? '' };
}

/** Evaluates the logic in place of a controller: each call completes with its index. */
async function record(info: RunInfo, logic: string): Promise<Recording> {
  const evaluator = evaluatorOf(logic);
  const events: HistoryEvent[] = [];
  const signatures: string[] = [];
  const history = reader({ events, signatures });
  for (let returned = false; !returned; ) {
    const answer = await evaluator.evaluate({
      info,
      generation: 0,
      position: events.length,
      fromCommand: signatures.length,
      history,
      limit: PAGE_EVENTS,
    });
    if (answer.kind === 'broken') throw new Error(answer.error.message);
    if (answer.commands.length === 0) throw new Error('the logic makes no progress');
    for (const { command, signature } of answer.commands) {
      signatures.push(signature);
      if (command.kind === 'returned') returned = true;
      if (command.kind === 'call') {
        const call = events.length;
        events.push({
          at: info.createdAt + call,
          kind: 'completed',
          call,
          values: [{ format: 'json', text: String(call) }],
        });
      }
    }
  }
  evaluator.drop(info.id);
  return { info, events, signatures };
}

/** Returns microseconds per call. */
async function replayMicroseconds(
  { info, events, signatures }: Recording,
  logic: string,
): Promise<number> {
  const evaluator = evaluatorOf(logic);
  const history = reader({ events, signatures });
  const commands = signatures.length - 1;
  const milliseconds = await time(async () => {
    const answer = await evaluator.evaluate({
      info,
      generation: 0,
      position: events.length,
      fromCommand: commands,
      history,
      limit: PAGE_EVENTS,
    });
    if (answer.kind === 'broken') throw new Error(answer.error.message);
    if (answer.commands.at(-1)?.command.kind !== 'returned')
      throw new Error('the replay did not reach the end of the logic');
  });
  evaluator.drop(info.id);
  return (milliseconds * 1000) / events.length;
}

export async function measureReplay(quick: boolean): Promise<Samples> {
  const sizes = quick
    ? { 'replay.10k': 100, 'replay.100k': 1000 }
    : { 'replay.10k': 10_000, 'replay.100k': 100_000 };
  const all = new Map<string, readonly number[]>();
  for (const [key, calls] of Object.entries(sizes)) {
    const { info, logic } = await prepare(calls);
    const recorded = await record(info, logic);
    for (const [name, samples] of await rounds(quick ? 0 : 2, quick ? 1 : 9, async () => ({
      [key]: await replayMicroseconds(recorded, logic),
    })))
      all.set(name, samples);
  }
  return all;
}
