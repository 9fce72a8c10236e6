/**
 * The one replay that this context is for: its clock, its randomness, its commands and calls. Made before any of the user's code runs.
 *
 * @module
 */
import { decode, fromInline } from '../../codec/index.ts';
import { OutsidePipelineError } from '../errors.ts';
import type { Call, CallWorld, Need } from './call.ts';
import { Clock } from './clock.ts';
import { installEnvironment } from './environment.ts';
import { refuseImport } from './guidance.ts';
import { countOccurrencesBy } from './lazy.ts';
import { Ledger } from './ledger.ts';
import { Random } from './random.ts';
import { installStacks } from './stacks.ts';

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

const PRELUDE = '__headracePrelude';
const IMPORT = '__headraceImport';

function readPrelude(): Prelude {
  const text: unknown = Reflect.get(globalThis, PRELUDE);
  if (typeof text !== 'string')
    throw new Error(
      'this build of headrace is for the logic of pipelines: a program imports headrace',
    );
  Reflect.deleteProperty(globalThis, PRELUDE);
  return JSON.parse(text) as Prelude;
}

const prelude = readPrelude();

export const clock = new Clock(prelude.at);
export const ledger = new Ledger(prelude.commandLimit);

/** All calls by number. */
export const calls: Call[] = [];

export const world: CallWorld & { readonly needs: Need[] } = {
  ledger,
  needs: [],
  awaited: 0,
  decode: (format, text) =>
    format === 'json' ? parsed(text) : decode(fromInline({ format, text })),
};

/** The codec's reading of JSON, without its detours: values of the most frequent kind are decoded here. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return decode({ format: 'json', text });
  }
}

/** What the run is doing: before `running` and after it, a component cannot be called. */
export const phase: { now: 'loading' | 'running' } = { now: 'loading' };

/** @throws OutsidePipelineError */
export function requireRun(what: string): void {
  if (phase.now !== 'running') throw new OutsidePipelineError(what);
}

const counted = new Map<string, number>();
const occurrence: number[] = [];

// Counted only once a Lazy is passed on, then for all calls up to it.
countOccurrencesBy({
  of(wanted) {
    for (let number = occurrence.length; number <= wanted.number; number++) {
      const digest = calls[number]?.digest ?? '';
      const before = counted.get(digest) ?? 0;
      counted.set(digest, before + 1);
      occurrence.push(before);
    }
    return occurrence[wanted.number] ?? 0;
  },
});

installStacks(prelude.stacks);
installEnvironment({
  clock,
  random: new Random(prelude.seed),
  log: (level, text) => {
    if (phase.now === 'running') ledger.issue({ kind: 'log', level, text });
  },
});
Object.defineProperty(globalThis, IMPORT, { value: refuseImport });
