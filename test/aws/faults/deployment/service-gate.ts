/**
 * Stands before all services: writes each call down, and lets one of them go wrong as a test says.
 *
 * @module
 */

import type { AwsRequest } from '../calls.ts';
import { type Call, readCall } from '../calls.ts';
import { type Fault, hasEffect, isKill, isOnce, refusalOf, type Target } from '../faults.ts';
import { type Answer, failed } from '../services/answer.ts';

export interface Recorded extends Target {
  /** `controller`, `router`, `api`, `sweeper`, `evaluator`, `runner`, or whoever else it was. */
  readonly caller: string;
  readonly call: Call;
}

export interface Plan {
  readonly target: Target;
  readonly fault: Fault;
}

/**
 * What becomes of a request: an answer, a connection that breaks, or one that nobody ever hears of
 * again.
 */
export type Outcome = Answer | 'broken' | 'silent';

export interface GateWorld {
  /** Who made the call; undefined: nobody who is alive. */
  callerOf(call: Call): { readonly name: string; kill(): void } | undefined;
  serve(call: Call, request: AwsRequest): Answer | Promise<Answer>;
}

export class Gate {
  readonly #world: GateWorld;
  readonly #plan: Plan | undefined;
  readonly #seen = new Map<string, number>();
  #struck: Call | undefined;
  #tries = 0;
  /** All calls, each once, however often the SDK tried. */
  readonly recorded: Recorded[] = [];

  constructor(world: GateWorld, plan: Plan | undefined) {
    this.#world = world;
    this.#plan = plan;
  }

  /** The call that went wrong; undefined: it never came. */
  get struck(): Call | undefined {
    return this.#struck;
  }

  async pass(request: AwsRequest): Promise<Outcome> {
    const call = readCall(request);
    if (call === undefined)
      return failed('sts', 403, 'MissingAuthenticationToken', 'the request is not signed');
    const caller = this.#world.callerOf(call);
    if (caller === undefined) return 'silent';
    const fault = this.#note(call, caller.name, request);
    if (fault === undefined) return this.#world.serve(call, request);
    if (fault === 'killed before') {
      caller.kill();
      return 'silent';
    }
    const answer = hasEffect(fault) ? await this.#world.serve(call, request) : undefined;
    if (isKill(fault)) {
      caller.kill();
      return 'silent';
    }
    const refusal = refusalOf(fault, call.service);
    if (refusal !== undefined)
      return failed(call.service, refusal.status, refusal.type, 'a fault of the tests');
    return answer === undefined || fault === 'lost' || fault === 'lost once' ? 'broken' : answer;
  }

  /** The fault that this try meets. */
  #note(call: Call, caller: string, { headers }: AwsRequest): Fault | undefined {
    const { fault, target } = this.#plan ?? {};
    const struck = this.#struck;
    if (struck !== undefined && call.invocation !== '' && struck.invocation === call.invocation) {
      this.#tries += 1;
      return fault !== undefined && isOnce(fault) ? undefined : fault;
    }
    if (!String(headers['amz-sdk-request'] ?? '').includes('attempt=1') && call.invocation !== '')
      return undefined;
    const label = `${caller} ${call.service}:${call.action} ${call.resource}`.trim();
    const occurrence = this.#seen.get(label) ?? 0;
    this.#seen.set(label, occurrence + 1);
    this.recorded.push({ label, occurrence, caller, call });
    if (struck !== undefined || target?.label !== label || target.occurrence !== occurrence)
      return undefined;
    this.#struck = call;
    return fault;
  }
}
