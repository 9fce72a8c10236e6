/**
 * The state of the replay that this context executes: clock, random numbers, commands and calls. It
 * is created before the user's code runs.
 *
 * @module
 */
import { decode, fromInline } from '../../codec/index.ts';
import { OutsideLogicError, OutsidePipelineError } from '../errors.ts';
import type { Call, CallContext, NeededValue } from './call.ts';
import { ReplayClock } from './clock.ts';
import { installEnvironment } from './environment.ts';
import { setOccurrences } from './lazy.ts';
import { Ledger } from './ledger.ts';
import { SeededRandom } from './random.ts';
import { installStackTraces } from './stack-traces.ts';
import { rejectImport } from './unavailable-globals.ts';

/** The settings that the host passes before it evaluates the bundle. */
interface Prelude {
  readonly seed: string;
  /** The time before the first event, in milliseconds since the epoch. */
  readonly at: number;
  /** The name of the bundle's file in stacks; null if errors have no stack. */
  readonly stacks: string | null;
  /** The largest number of commands that may be issued without waiting for an event. */
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

/** Decodes JSON, as the codec does. Most values are plain JSON, which needs no codec. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return decode({ format: 'json', text });
  }
}

/** The number of events that were delivered. */
export const delivered = { count: 0 };

/** The phase of the context. A component can be called only in the phase `running`. */
export const phase: { current: 'loading' | 'running' } = { current: 'loading' };

/** @throws OutsidePipelineError */
export function requireRun(functionName: string): void {
  if (phase.current !== 'running') throw new OutsidePipelineError(functionName);
}

/** @throws OutsideLogicError */
export function requireLogic(functionName: string): void {
  if (phase.current !== 'running') throw new OutsideLogicError(functionName);
}

const digestCounts = new Map<string, number>();
const occurrenceByCall: number[] = [];

// Counted only when a Lazy is passed to a component, and then for all calls up to its call.
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
  isLoading: () => phase.current === 'loading',
  clock,
  random: new SeededRandom(prelude.seed),
  log: (level, text) => {
    if (phase.current === 'running') ledger.issue({ kind: 'log', level, text });
  },
});
Object.defineProperty(globalThis, IMPORT_GLOBAL, { value: rejectImport });
