/**
 * Faults of functions, queues and events while pipelines run. A seed decides them, as far as the
 * order of parallel requests allows.
 *
 * @module
 */
import { z } from 'zod';
import type { Attempt } from '../../../src/model/step.ts';
import type { Invocation } from '../../../testing/lambda/invocation.ts';
import { roll } from '../../simulation/random.ts';
import { isEvaluator } from './deployment.ts';
import type { Host, HostOptions } from './host.ts';
import type { Call, GateDecision } from './service-gate.ts';

/** Probabilities of the faults. */
export interface ChaosRates {
  /** An environment crashes at one request of an invocation, before or after it took effect. */
  readonly kill: number;
  /** A request is not answered, so that the invocation reaches its time limit. */
  readonly hang: number;
  /** The evaluator's environment crashes at the start of an invocation. */
  readonly evaluator: number;
  /** The evaluator starts cold. */
  readonly cold: number;
  /**
   * A batch is delivered only after its messages are visible again, so that two environments have
   * the same group.
   */
  readonly stall: number;
  /** A handled batch is delivered again. */
  readonly again: number;
  /** An event of Batch is lost. */
  readonly lost: number;
  /** An event of Batch is delivered twice. */
  readonly twice: number;
}

export const NO_CHAOS: ChaosRates = {
  kill: 0,
  hang: 0,
  evaluator: 0,
  cold: 0,
  stall: 0,
  again: 0,
  lost: 0,
  twice: 0,
};

const jobSchema = z.looseObject({
  jobName: z.string(),
  arrayProperties: z.looseObject({ index: z.int().optional() }).optional(),
});

/** The request of an invocation at which it fails is one of its first ones, up to this number. */
const MAX_FAULT_POSITION = 14;
/** No further faults, because a message moves to the dead-letter queue after ten receives. */
const MAX_FAULTS_PER_ROUND = 12;

interface InvocationState {
  requests: number;
  readonly fault:
    | { readonly kind: 'kill' | 'hang'; readonly at: number; readonly after: boolean }
    | undefined;
}

/** Injects faults into a host at given rates, in rounds that do not overlap. */
export class Chaos {
  /** How often each fault occurred, by its name. */
  readonly counts = new Map<string, number>();
  #seed = 0;
  #rates: ChaosRates = NO_CHAOS;
  #rolls = 0;
  #faults = 0;
  #evaluatorCrashed = false;
  /** By the request id of an invocation. */
  readonly #invocations = new Map<string, InvocationState>();
  readonly #host: () => Host;

  readonly #trace: (line: string) => void;
  /** Jobs of which an event was lost, by name and index. */
  readonly #jobsWithLostEvents = new Set<string>();
  /** Times that were skipped while invocations ran. */
  readonly #skips: { readonly from: number; readonly to: number }[] = [];

  constructor(host: () => Host, trace: (line: string) => void) {
    this.#host = host;
    this.#trace = (line) =>
      trace(`${new Date(this.#host().clock.now()).toISOString().slice(11, 23)} ${line}`);
  }

  start(seed: number, rates: ChaosRates): void {
    [this.#seed, this.#rates, this.#rolls, this.#faults, this.#evaluatorCrashed] = [
      seed,
      rates,
      0,
      0,
      false,
    ];
    this.#invocations.clear();
  }

  /** The options with which the host must be started. */
  get options(): Pick<
    HostOptions,
    'watch' | 'change' | 'source' | 'eventCopies' | 'onStart' | 'onInvocation'
  > {
    return {
      watch: {
        before: (call) => this.#decide(call, false),
        after: (call) => this.#decide(call, true),
      },
      change: ({ name }) => (isEvaluator(name) ? { fresh: () => this.#draws('cold') } : {}),
      source: {
        onBatch: ({ messages }) => {
          const [message] = messages;
          if (message === undefined || message.receives > 1 || !this.#injects('stall')) return;
          this.#skip(message.visibleAt - this.#host().clock.now() + 1000);
        },
        redelivers: () => this.#injects('again'),
      },
      eventCopies: ({ detail }) => {
        if (!this.#draws('lost')) return this.#draws('twice') ? 2 : 1;
        const { jobName, arrayProperties } = jobSchema.parse(detail);
        this.#jobsWithLostEvents.add(`${jobName} ${arrayProperties?.index ?? 0}`);
        return 0;
      },
      onStart: ({ function: name, id }) => {
        if (!isEvaluator(name)) return;
        // A pipeline whose evaluation crashes twice fails, so that two crashes must not be
        // adjacent.
        this.#evaluatorCrashed = !this.#evaluatorCrashed && this.#injects('evaluator');
        if (this.#evaluatorCrashed) this.#host().functions.kill(id);
      },
      onInvocation: ({ requestId, status, environment, payload, logs }: Invocation) => {
        this.#invocations.delete(requestId);
        this.#trace(
          `${environment}: ${status} ${payload.slice(0, 200)}${logs.map((line) => `\n    ${line.slice(0, 600)}`).join('')}`,
        );
        if (status !== 'success') this.#count(`invocations: ${status}`);
      },
    };
  }

  /**
   * Whether an attempt may count as lost by the infrastructure although its job was not: its last
   * event was lost, or time was skipped between two related writes.
   */
  mayBeCountedAsLost({
    infrastructure,
    job,
    queuedAt,
    endedAt = Number.POSITIVE_INFINITY,
  }: Attempt): boolean {
    if (infrastructure !== true) return false;
    return (
      this.#jobsWithLostEvents.has(`${job.name} ${job.index}`) ||
      this.#skips.some(({ from, to }) => from <= endedAt && to >= queuedAt)
    );
  }

  #skip(milliseconds: number): void {
    const { clock } = this.#host();
    const from = clock.now();
    // Timers that become due run at once and must find the skip.
    this.#skips.push({ from, to: from + milliseconds });
    clock.skip(milliseconds);
  }

  #record(fault: keyof ChaosRates): void {
    if (fault !== 'cold' && fault !== 'lost' && fault !== 'twice') this.#faults += 1;
    this.#count(fault);
  }

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.#trace(name);
  }

  #roll(label: string): number {
    this.#rolls += 1;
    return roll(this.#seed, label, this.#rolls);
  }

  #draws(fault: keyof ChaosRates): boolean {
    const isDrawn = this.#roll(fault) < this.#rates[fault];
    // The fault of a later request is recorded when that request arrives.
    if (isDrawn && fault !== 'kill' && fault !== 'hang') this.#record(fault);
    return isDrawn;
  }

  /** Draws a fault that costs a receive. */
  #injects(fault: keyof ChaosRates): boolean {
    return this.#faults < MAX_FAULTS_PER_ROUND && this.#draws(fault);
  }

  #stateOf(requestId: string): InvocationState {
    const known = this.#invocations.get(requestId);
    if (known !== undefined) return known;
    const kind = this.#injects('kill') ? 'kill' : this.#injects('hang') ? 'hang' : undefined;
    const at = 1 + Math.floor(this.#roll('at') * MAX_FAULT_POSITION);
    const state: InvocationState = {
      requests: 0,
      fault: kind === undefined ? undefined : { kind, at, after: this.#roll('after') < 0.5 },
    };
    this.#invocations.set(requestId, state);
    return state;
  }

  #decide({ caller = '' }: Call, after: boolean): GateDecision {
    const { functions } = this.#host();
    const environment = functions.environment(caller);
    const requestId = environment?.requestId;
    if (environment === undefined || requestId === undefined) return 'forward';
    const state = this.#stateOf(requestId);
    if (!after) state.requests += 1;
    const { fault } = state;
    if (fault === undefined || fault.after !== after || fault.at !== state.requests)
      return 'forward';
    if (this.#faults >= MAX_FAULTS_PER_ROUND) return 'forward';
    this.#record(fault.kind);
    if (fault.kind === 'kill') functions.kill(caller);
    // The invocation times out at once; a real answer would arrive after that.
    else this.#skip(functions.spec(environment.function).timeoutMs);
    return 'cut';
  }
}
