/**
 * What happens to functions, queues and events while pipelines run: decided by a seed, as far as
 * the order of what happens beside each other allows.
 *
 * @module
 */
import { z } from 'zod';
import type { Attempt } from '../../../src/model/step.ts';
import type { Invocation } from '../../../testing/lambda/invocation.ts';
import { roll } from '../../simulation/random.ts';
import type { Host, HostOptions } from './host.ts';
import type { Call, Fate } from './service-gate.ts';

/** Probabilities. */
export interface Unkindness {
  /** An environment goes at one of an invocation's requests, before or after it took effect. */
  readonly kill: number;
  /** A request is never answered: the invocation runs into its time limit. */
  readonly hang: number;
  /** The evaluator's environment goes as it begins to work. */
  readonly evaluator: number;
  /** The evaluator begins cold. */
  readonly cold: number;
  /**
   * A batch is handed over when its messages are visible again: two environments have the same
   * group.
   */
  readonly stall: number;
  /** A batch is handled, and its messages come again. */
  readonly again: number;
  /** An event of Batch never comes. */
  readonly lost: number;
  /** An event of Batch comes twice. */
  readonly twice: number;
}

export const KIND: Unkindness = {
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

/** Requests of an invocation among which the one is chosen at which it ends. */
const CALLS = 14;
/** So many blows, and then the world is kind: a message is dead after ten receives. */
const MOST_BLOWS = 12;

interface Working {
  calls: number;
  readonly blow:
    | { readonly what: 'kill' | 'hang'; readonly at: number; readonly after: boolean }
    | undefined;
}

/** Hands a world's unkindness to a host. One world at a time. */
export class Fates {
  readonly counts = new Map<string, number>();
  #seed = 0;
  #unkindness: Unkindness = KIND;
  #rolls = 0;
  #blows = 0;
  #evaluatorDied = false;
  /** By the request id of an invocation. */
  readonly #working = new Map<string, Working>();
  readonly #host: () => Host;

  readonly #trace: (line: string) => void;
  /** Jobs of which an event never came, by name and index. */
  readonly #unheard = new Set<string>();
  /** When time was skipped under the hands of those who worked. */
  readonly #skips: { readonly from: number; readonly to: number }[] = [];

  constructor(host: () => Host, trace: (line: string) => void) {
    this.#host = host;
    this.#trace = (line) =>
      trace(`${new Date(this.#host().clock.now()).toISOString().slice(11, 23)} ${line}`);
  }

  begin(seed: number, unkindness: Unkindness): void {
    [this.#seed, this.#unkindness, this.#rolls, this.#blows, this.#evaluatorDied] = [
      seed,
      unkindness,
      0,
      0,
      false,
    ];
    this.#working.clear();
  }

  /** What a host is started with, so that this decides. */
  get options(): Pick<
    HostOptions,
    'watch' | 'change' | 'source' | 'times' | 'onBegin' | 'onInvocation'
  > {
    return {
      watch: { before: (call) => this.#blow(call, false), after: (call) => this.#blow(call, true) },
      change: ({ name }) =>
        name.endsWith('-evaluator') ? { fresh: () => this.#happens('cold') } : {},
      source: {
        onBatch: ({ messages }) => {
          const [message] = messages;
          if (message === undefined || message.receives > 1 || !this.#strikes('stall')) return;
          this.#skip(message.visibleAt - this.#host().clock.now() + 1000);
        },
        loses: () => this.#strikes('again'),
      },
      times: ({ detail }) => {
        if (!this.#happens('lost')) return this.#happens('twice') ? 2 : 1;
        const { jobName, arrayProperties } = jobSchema.parse(detail);
        this.#unheard.add(`${jobName} ${arrayProperties?.index ?? 0}`);
        return 0;
      },
      onBegin: ({ function: name, id }) => {
        if (!name.endsWith('-evaluator')) return;
        // An evaluation that ends its environment twice is the pipeline's fault.
        this.#evaluatorDied = !this.#evaluatorDied && this.#strikes('evaluator');
        if (this.#evaluatorDied) this.#host().functions.kill(id);
      },
      onInvocation: ({ requestId, status, environment, payload, logs }: Invocation) => {
        this.#working.delete(requestId);
        this.#trace(
          `${environment}: ${status} ${payload.slice(0, 200)}${logs.map((line) => `\n    ${line.slice(0, 600)}`).join('')}`,
        );
        if (status !== 'success') this.#count(`invocations: ${status}`);
      },
    };
  }

  /**
   * Whether an attempt may be counted as lost by the infrastructure though its job was not: nobody
   * heard of its end, or minutes went by between a writing and what was to follow it.
   */
  mayBeGivenUp({
    infrastructure,
    job,
    queuedAt,
    endedAt = Number.POSITIVE_INFINITY,
  }: Attempt): boolean {
    if (infrastructure !== true) return false;
    return (
      this.#unheard.has(`${job.name} ${job.index}`) ||
      this.#skips.some(({ from, to }) => from <= endedAt && to >= queuedAt)
    );
  }

  #skip(milliseconds: number): void {
    const { clock } = this.#host();
    const from = clock.now();
    // What becomes due is called at once: it must find that time was skipped.
    this.#skips.push({ from, to: from + milliseconds });
    clock.skip(milliseconds);
  }

  #hit(what: keyof Unkindness): void {
    if (what !== 'cold' && what !== 'lost' && what !== 'twice') this.#blows += 1;
    this.#count(what);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    this.#trace(what);
  }

  #roll(what: string): number {
    this.#rolls += 1;
    return roll(this.#seed, what, this.#rolls);
  }

  #happens(what: keyof Unkindness): boolean {
    const happens = this.#roll(what) < this.#unkindness[what];
    // What is decided for a request to come is counted when it has come.
    if (happens && what !== 'kill' && what !== 'hang') this.#hit(what);
    return happens;
  }

  /** The same for what costs a receive. */
  #strikes(what: keyof Unkindness): boolean {
    return this.#blows < MOST_BLOWS && this.#happens(what);
  }

  #workOf(requestId: string): Working {
    const known = this.#working.get(requestId);
    if (known !== undefined) return known;
    const what = this.#strikes('kill') ? 'kill' : this.#strikes('hang') ? 'hang' : undefined;
    const at = 1 + Math.floor(this.#roll('at') * CALLS);
    const working: Working = {
      calls: 0,
      blow: what === undefined ? undefined : { what, at, after: this.#roll('after') < 0.5 },
    };
    this.#working.set(requestId, working);
    return working;
  }

  #blow({ caller = '' }: Call, after: boolean): Fate {
    const { functions } = this.#host();
    const environment = functions.environment(caller);
    const requestId = environment?.requestId;
    if (environment === undefined || requestId === undefined) return 'go';
    const working = this.#workOf(requestId);
    if (!after) working.calls += 1;
    const { blow } = working;
    if (blow === undefined || blow.after !== after || blow.at !== working.calls) return 'go';
    if (this.#blows >= MOST_BLOWS) return 'go';
    this.#hit(blow.what);
    if (blow.what === 'kill') functions.kill(caller);
    // The invocation's time passes at once; the answer would come after it.
    else this.#skip(functions.spec(environment.function).timeoutMs);
    return 'cut';
  }
}
