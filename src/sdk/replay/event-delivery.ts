/**
 * Applies events of the history to the calls, sleeps and callbacks of the logic.
 *
 * @module
 */

import { thrownFromRecord } from '../../model/error-record.ts';
import { StepFailedError, StepSkippedError } from '../errors.ts';
import type { Call } from './call.ts';
import { runCallback } from './callbacks.ts';
import { openCallsWithCallbacks } from './component.ts';
import { forgetRecentParts } from './digest.ts';
import type { DeliveredEvent } from './driver-interface.ts';
import { ReplayError } from './errors.ts';
import { pendingSleeps } from './pipeline.ts';
import type { RunView } from './run-view.ts';
import { calls, clock, delivered, ledger } from './session.ts';
import { receiveSignal } from './signals.ts';

export class EventDelivery {
  #view: RunView | undefined;

  /** @param view the run as callbacks see it */
  start(view: RunView): void {
    this.#view = view;
  }

  /** Returns true if a handler waits for the result. */
  deliverCompleted(at: number, call: number, format: string, text: string): boolean {
    this.#startEvent(at);
    return requireOpenCall(call).completeWith(format === 'cbor' ? 'cbor' : 'json', text);
  }

  /** Returns true if a handler waits for the event, or user code was called. */
  deliver(event: DeliveredEvent): boolean {
    this.#startEvent(event.at);
    switch (event.kind) {
      case 'completed':
        return requireOpenCall(event.call).complete(event.values);
      case 'failed':
        return requireOpenCall(event.call).fail(
          () => new StepFailedError(event.step, event.attempts, thrownFromRecord(event.error)),
        );
      case 'skipped':
        return requireOpenCall(event.call).fail(
          () => new StepSkippedError(event.step, event.cause),
        );
      case 'aborted':
        return failAborted(requireOpenCall(event.call));
      case 'sleepEnded':
        return endSleep(event.sleep);
      case 'signal':
        return receiveSignal(event.name, event.value);
      case 'callback':
        if (this.#view === undefined)
          throw new ReplayError('an event was delivered before the start');
        runCallback(delivered.count - 1, event, this.#view);
        return true;
    }
  }

  #startEvent(at: number): void {
    ledger.close();
    forgetRecentParts();
    clock.advance(at);
    delivered.count++;
  }
}

const failAborted = (call: Call): boolean => call.fail(() => call.abortedError());

function requireOpenCall(number: number): Call {
  const call = calls[number];
  if (call === undefined)
    throw new ReplayError(
      `the history contains an event of call ${number}, but the logic has made ${calls.length} calls`,
    );
  if (call.settled)
    throw new ReplayError(`the history contains two completions of step ${call.step}`);
  if (openCallsWithCallbacks.size > 0) openCallsWithCallbacks.delete(call);
  return call;
}

function endSleep(number: number): boolean {
  const resolve = pendingSleeps.get(number);
  if (resolve === undefined)
    throw new ReplayError(
      `the history contains the end of sleep ${number}, which the logic did not start, or which has ended already`,
    );
  pendingSleeps.delete(number);
  resolve();
  return true;
}
