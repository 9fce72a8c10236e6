/**
 * Receives every request to a service, records its call, and injects the planned fault.
 *
 * @module
 */

import type { AwsRequest } from '../calls.ts';
import { type Call, readCall } from '../calls.ts';
import { type Fault, hasEffect, isKill, isOnce, refusalOf, type Target } from '../faults.ts';
import { type Answer, failed } from '../services/answer.ts';

export interface Recorded extends Target {
  /** `controller`, `router`, `api`, `sweeper`, `evaluator`, `runner` or `client`. */
  readonly caller: string;
  readonly call: Call;
}

export interface CallFaultPlan {
  readonly target: Target;
  readonly fault: Fault;
}

/** The outcome of a request: an answer, a broken connection, or no reaction at all. */
export type Outcome = Answer | 'broken' | 'silent';

export interface GateBackend {
  /** The caller; undefined if it crashed or is unknown. */
  callerOf(call: Call): { readonly name: string; kill(): void } | undefined;
  serve(call: Call, request: AwsRequest): Answer | Promise<Answer>;
}

export class ServiceGate {
  readonly #backend: GateBackend;
  readonly #plan: CallFaultPlan | undefined;
  readonly #seen = new Map<string, number>();
  #failedCall: Call | undefined;
  #tries = 0;
  /** All calls, one entry per call, independent of the SDK's tries. */
  readonly recorded: Recorded[] = [];

  constructor(backend: GateBackend, plan: CallFaultPlan | undefined) {
    this.#backend = backend;
    this.#plan = plan;
  }

  /** The call with the fault; undefined while it was not made. */
  get failedCall(): Call | undefined {
    return this.#failedCall;
  }

  async pass(request: AwsRequest): Promise<Outcome> {
    const call = readCall(request);
    if (call === undefined)
      return failed('sts', 403, 'MissingAuthenticationToken', 'the request is not signed');
    const caller = this.#backend.callerOf(call);
    if (caller === undefined) return 'silent';
    const fault = this.#record(call, caller.name, request);
    if (fault === undefined) return this.#backend.serve(call, request);
    if (fault === 'killed before') {
      caller.kill();
      return 'silent';
    }
    const answer = hasEffect(fault) ? await this.#backend.serve(call, request) : undefined;
    if (isKill(fault)) {
      caller.kill();
      return 'silent';
    }
    const refusal = refusalOf(fault, call.service);
    if (refusal !== undefined)
      return failed(call.service, refusal.status, refusal.type, 'a fault of the tests');
    return answer === undefined || fault === 'lost' || fault === 'lost once' ? 'broken' : answer;
  }

  /** Records the call; returns the fault of this try. */
  #record(call: Call, caller: string, { headers }: AwsRequest): Fault | undefined {
    const { fault, target } = this.#plan ?? {};
    const failed = this.#failedCall;
    if (failed !== undefined && call.invocation !== '' && failed.invocation === call.invocation) {
      this.#tries += 1;
      return fault !== undefined && isOnce(fault) ? undefined : fault;
    }
    if (!String(headers['amz-sdk-request'] ?? '').includes('attempt=1') && call.invocation !== '')
      return undefined;
    const label = `${caller} ${call.service}:${call.action} ${call.resource}`.trim();
    const occurrence = this.#seen.get(label) ?? 0;
    this.#seen.set(label, occurrence + 1);
    this.recorded.push({ label, occurrence, caller, call });
    if (failed !== undefined || target?.label !== label || target.occurrence !== occurrence)
      return undefined;
    this.#failedCall = call;
    return fault;
  }
}
