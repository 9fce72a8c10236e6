/**
 * Signals: values that users send to a run, and for which its logic waits by name.
 *
 * 1. A signal settles all waits for its name that are pending. Without one, it is kept for the next
 *    wait, and each kept signal settles one wait, in the order of arrival.
 * 2. The logic applies this rule to its history. The controller applies it to the run head, so that
 *    it knows what the run waits for. A wait names the position at which it was issued, because the
 *    controller may have received signals that the logic has not observed yet.
 *
 * @module
 */
import { MAX_SIGNAL_NAME_LENGTH } from './limits.ts';

/** Names need no escaping in paths and on command lines. */
export const SIGNAL_NAME = new RegExp(
  `^[A-Za-z0-9_][A-Za-z0-9_.-]{0,${MAX_SIGNAL_NAME_LENGTH - 1}}$`,
);

export const SIGNAL_NAME_RULE = `up to ${MAX_SIGNAL_NAME_LENGTH} letters (A to Z), digits, "_", "-" and ".", and the first is no "-" or "."`;

export const isSignalName = (name: string): boolean => SIGNAL_NAME.test(name);

/** A signal that later waits may take. */
export interface KeptSignal {
  readonly name: string;
  /** The number of its event. */
  readonly event: number;
  /** It settles waits that were issued before its event, and none that are issued after it. */
  readonly taken?: true | undefined;
}

/** The signals of a run. Part of the run head, so that its size is bounded by the limits. */
export interface RunSignals {
  /** Identify the signals that were received: each counts once. */
  readonly received: readonly string[];
  readonly kept: readonly KeptSignal[];
  /** The names that the logic awaits. */
  readonly awaited: readonly string[];
}

export const NO_SIGNALS: RunSignals = { received: [], kept: [], awaited: [] };

/**
 * The signals after the event `event`, which brings a signal. `settles`: the logic awaits it.
 *
 * @param position the logic has observed the events before it
 */
export function withSignal(
  signals: RunSignals,
  name: string,
  event: number,
  position: number,
): { readonly signals: RunSignals; readonly settles: boolean } {
  const settles = signals.awaited.includes(name);
  const kept = withoutSettled(signals.kept, position);
  return {
    signals: {
      ...signals,
      // Until the logic observes it, it also settles waits that are not on record yet.
      kept: [...kept, settles ? { name, event, taken: true } : { name, event }],
      awaited: signals.awaited.filter((other) => other !== name),
    },
    settles,
  };
}

/** Without the signals that settled waits, and that the logic has observed. */
const withoutSettled = (kept: readonly KeptSignal[], position: number): readonly KeptSignal[] =>
  kept.filter((signal) => signal.taken !== true || signal.event >= position);

/**
 * The signals after a wait that the logic issued when it had observed `position` events. `settles`:
 * a signal that the logic has not observed yet settles the wait.
 */
export function withWait(
  { received, kept, awaited }: RunSignals,
  name: string,
  position: number,
): { readonly signals: RunSignals; readonly settles: boolean } {
  const left = withoutSettled(kept, position);
  const observed = left.find((signal) => signal.name === name && signal.event < position);
  if (observed !== undefined)
    return {
      signals: { received, kept: left.filter((signal) => signal !== observed), awaited },
      settles: false,
    };
  const next = left.find((signal) => signal.name === name);
  if (next !== undefined)
    return {
      signals: {
        received,
        kept: left.map((signal) => (signal === next ? { ...next, taken: true } : signal)),
        awaited,
      },
      settles: true,
    };
  return {
    signals: {
      received,
      kept: left,
      awaited: awaited.includes(name) ? awaited : [...awaited, name],
    },
    settles: false,
  };
}
