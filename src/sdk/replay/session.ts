/**
 * The one replay that this context is for: its clock, its randomness, its commands and calls. Made before any of the user's code runs.
 *
 * @module
 */
import { decode, fromInline } from '../../codec/index.ts';
import { OutsidePipelineError } from '../errors.ts';
import type { Call, CallContext, NeededValue } from './call.ts';
import { ReplayClock } from './clock.ts';
import { installEnvironment } from './environment.ts';
import { setOccurrences } from './lazy.ts';
import { Ledger } from './ledger.ts';
import { SeededRandom } from './random.ts';
import { installStackTraces } from './stack-traces.ts';
import { rejectImport } from './unavailable-globals.ts';

/** What the host says before the bundle is evaluated. */
interface Prelude {
  readonly seed: string;
  /** Milliseconds since the epoch: the time before the first event. */
  readonly at: number;
  /** The name under which the bundle's frames are in stacks; null: errors have no stack. */
  readonly stacks: string | null;
  /** Commands that may be issued at once, without waiting for an event. */
  readonly commandLimit: number;
}

const PRELUDE_GLOBAL = '__headracePrelude';
const IMPORT_GLOBAL = '__headraceImport';

function readPrelude(): Prelude {
  const text: unknown = Reflect.get(globalThis, PRELUDE_GLOBAL);
  if (typeof text !== 'string')
    throw new Error(
      'this build of headrace is for the logic of pipelines: a program imports headrace',
    );
  Reflect.deleteProperty(globalThis, PRELUDE_GLOBAL);
  return JSON.parse(text) as Prelude;
}

const prelude = readPrelude();

export const clock = new ReplayClock(prelude.at);
export const ledger = new Ledger(prelude.commandLimit);

/** All calls by number. */
export const calls: Call[] = [];

export const callContext: CallContext & { readonly neededValues: NeededValue[] } = {
  ledger,
  neededValues: [],
  awaitedCount: 0,
  decode: (format, text) =>
    format === 'json' ? parseJson(text) : decode(fromInline({ format, text })),
};

/** The codec's reading of JSON, without its detours: values of the most frequent kind are decoded here. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return decode({ format: 'json', text });
  }
}

/** What the run is doing: before `running` and after it, a component cannot be called. */
export const phase: { current: 'loading' | 'running' } = { current: 'loading' };

/** @throws OutsidePipelineError */
export function requireRun(functionName: string): void {
  if (phase.current !== 'running') throw new OutsidePipelineError(functionName);
}

const digestCounts = new Map<string, number>();
const occurrenceByCall: number[] = [];

// Counted only once a Lazy is passed on, then for all calls up to it.
setOccurrences({
  of(wanted) {
    for (let number = occurrenceByCall.length; number <= wanted.number; number++) {
      const digest = calls[number]?.digest ?? '';
      const before = digestCounts.get(digest) ?? 0;
      digestCounts.set(digest, before + 1);
      occurrenceByCall.push(before);
    }
    return occurrenceByCall[wanted.number] ?? 0;
  },
});

installStackTraces(prelude.stacks);
installEnvironment({
  clock,
  random: new SeededRandom(prelude.seed),
  log: (level, text) => {
    if (phase.current === 'running') ledger.issue({ kind: 'log', level, text });
  },
});
Object.defineProperty(globalThis, IMPORT_GLOBAL, { value: rejectImport });
