/**
 * The events of a step: a change of its status, for viewers of the run, and the call of a callback,
 * for the logic.
 *
 * @module
 */
import { briefErrorOf } from '../../model/brief-error.ts';
import type { HistoryEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { StatusEvent } from '../../ports/events.ts';
import { lastAttempt } from './attempts.ts';

/** An event of the history without its time, which the turn adds. */
export type EventData = HistoryEvent extends infer E
  ? E extends HistoryEvent
    ? Omit<E, 'at'>
    : never
  : never;

type CallbackEvent = Extract<EventData, { kind: 'callback' }>;

/** The input of a callback: which one it is, and what changed. */
export type CallbackInput = CallbackEvent['input'];

/** Reports that `step` was created, or that its status differs from that of `before`. */
export function statusEvent(
  run: RunId,
  step: Step,
  before: Step | undefined,
  at: number,
): StatusEvent {
  const attempt = lastAttempt(step);
  return {
    kind: 'step',
    run,
    call: step.call,
    step: step.name,
    status: step.status,
    previous: before?.status ?? null,
    attempt: attempt?.number ?? 0,
    ...(attempt?.reason === undefined ? {} : { reason: attempt.reason }),
    ...(step.adoptedFrom === undefined ? {} : { adoptedFrom: step.adoptedFrom }),
    ...(step.waitingFor === 'backoff' ? { retryAt: step.retryAt } : {}),
    ...(before === undefined && step.arguments !== undefined ? { arguments: step.arguments } : {}),
    ...(step.childRun === undefined ? {} : { childRun: step.childRun }),
    at,
  };
}

/** The event that calls a callback of `step`, with the state of the step that it receives. */
export function callbackEvent(step: Step, input: CallbackInput): CallbackEvent {
  return {
    kind: 'callback',
    call: step.call,
    component: step.component,
    node: {
      name: step.name,
      component: step.component,
      status: step.status,
      attempt: lastAttempt(step)?.number ?? 0,
      parents: step.parentNames,
      executionQueue: step.queue,
      artifacts: step.artifacts.map(({ name, type, size, preview }) => ({
        name,
        type,
        size,
        preview,
      })),
      models: step.models.map(({ name, size }) => ({ name, size })),
      ...nodeErrorOf(step),
    },
    input,
  };
}

/** The error of the last attempt, if it failed and no other attempt has started. */
function nodeErrorOf(step: Step): Pick<CallbackEvent['node'], 'error'> {
  const attempt = lastAttempt(step);
  const record = attempt?.status === 'failed' ? (step.error ?? attempt.error) : undefined;
  return record === undefined ? {} : { error: briefErrorOf(record) };
}
