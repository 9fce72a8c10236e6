/**
 * `waitForSignal` in a pipeline's logic. See `src/model/signals.ts` for the rule by which signals
 * settle waits.
 *
 * @module
 */
import { MAX_AWAITED_SIGNALS } from '../../model/limits.ts';
import { TooManySignalsError } from '../errors.ts';
import { checkedSignalName } from '../signal-names.ts';
import { delivered, ledger, requireLogic } from './session.ts';

type Resolve = (value: unknown) => void;

/** The waits that no signal has settled, by name. */
export const pendingWaits = new Map<string, Resolve[]>();
/** The values of signals that no wait has taken, by name. */
const keptSignals = new Map<string, string[]>();

/**
 * Waits for a signal with this name, and returns its value.
 *
 * @throws SignalNameError, TooManySignalsError, OutsideLogicError
 */
export function waitForSignal(name: unknown): Promise<unknown> {
  requireLogic('waitForSignal');
  const checked = checkedSignalName(name);
  const waits = pendingWaits.get(checked);
  if (waits === undefined && pendingWaits.size >= MAX_AWAITED_SIGNALS)
    throw new TooManySignalsError(MAX_AWAITED_SIGNALS);
  ledger.issue({ kind: 'waitForSignal', name: checked, position: delivered.count });
  const kept = keptSignals.get(checked)?.shift();
  if (kept !== undefined) return Promise.resolve(JSON.parse(kept));
  return new Promise((resolve) => {
    if (waits === undefined) pendingWaits.set(checked, [resolve]);
    else waits.push(resolve);
  });
}

/** Returns true if the logic waits for the signal. */
export function receiveSignal(name: string, value: string): boolean {
  const waits = pendingWaits.get(name);
  if (waits === undefined) {
    const kept = keptSignals.get(name);
    if (kept === undefined) keptSignals.set(name, [value]);
    else kept.push(value);
    return false;
  }
  pendingWaits.delete(name);
  // Each wait has a copy of its own.
  for (const resolve of waits) resolve(JSON.parse(value));
  return true;
}
