/**
 * The plan of a world as data: its runs and its faults. Together with the seed, which decides every
 * fate, it determines everything that happens.
 *
 * @module
 */
import type { ConcurrencyLimit } from '../../src/sdk/option-types.ts';
import { type Program, SIGNAL_NAMES } from './program.ts';
import { Random, roll } from './random.ts';
import { withChildren } from './random-children.ts';
import { randomProgram } from './random-program.ts';

export interface RunPlan {
  readonly program: Program;
  readonly startAtMs: number;
  /** Time after the start at which its abort is requested. */
  readonly abortAfterMs: number | null;
  /** Signals that users send, with the time after the start. */
  readonly signals: readonly { readonly name: string; readonly afterMs: number }[];
  readonly abortOnFailure: boolean;
  readonly timeoutSeconds: number | null;
  readonly noCache: boolean;
  /** The restart that follows if the run fails or is aborted. */
  readonly afterwards: 'resume' | 'rerun' | null;
}

/** Probabilities, unless the field has a unit. */
export interface Faults {
  /** A message is delivered twice. */
  readonly duplicate: number;
  /** A message is late, by up to `latenessMs`. */
  readonly late: number;
  readonly latenessMs: number;
  /** A message is lost, if the design allows the loss. */
  readonly drop: number;
  /** The controller crashes before or after a call of a port. */
  readonly crash: number;
  /** A call of a port throws before or after its effect, and the process continues. */
  readonly hiccup: number;
  /** The evaluator drops the run before a batch. */
  readonly forget: number;
  /** Limit of the difference between clocks. */
  readonly skewMs: number;
  /** Number of controllers that share the work. */
  readonly processes: number;
  /** Batches of different runs interleave, call by call of the ports. */
  readonly interleave: boolean;
  readonly job: {
    /** The function throws. */
    readonly fails: number;
    /** The process exits by itself with a code other than 0 or a signal, without a message. */
    readonly crashes: number;
    /** The job runs until it is stopped, if its component has a time limit. */
    readonly hangs: number;
    /** The machine is reclaimed, and the end of the job is reported. */
    readonly reclaimed: number;
    /** The job is lost, and its end is not reported. */
    readonly vanishes: number;
    /** The job succeeds, and its result is an object instead of a message. */
    readonly undelivered: number;
    /** The launch is refused for now. */
    readonly refused: number;
    /** A reason why the job waits is reported, before or after it starts. */
    readonly waits: number;
    /** A second job runs for the attempt. */
    readonly duplicated: number;
    /** The job sends messages with a wrong token, for another attempt, and for a missing call. */
    readonly forged: number;
    /** The job reports metrics. */
    readonly reports: number;
  };
}

export interface WorldPlan {
  readonly seed: number;
  readonly runs: readonly RunPlan[];
  readonly faults: Faults;
}

/** A world without faults. */
export const NO_FAULTS: Faults = {
  duplicate: 0,
  late: 0,
  latenessMs: 0,
  drop: 0,
  crash: 0,
  hiccup: 0,
  forget: 0,
  skewMs: 0,
  processes: 1,
  interleave: false,
  job: {
    fails: 0,
    crashes: 0,
    hangs: 0,
    reclaimed: 0,
    vanishes: 0,
    undelivered: 0,
    refused: 0,
    waits: 0,
    duplicated: 0,
    forged: 0,
    reports: 0,
  },
};

function faults(random: Random): Faults {
  const sometimes = (probability: number, highest: number): number =>
    random.chance(probability) ? random.next() * highest : 0;
  return {
    duplicate: sometimes(0.5, 0.4),
    late: sometimes(0.5, 0.4),
    latenessMs: random.pick([50, 2000, 90_000]),
    drop: sometimes(0.3, 0.4),
    crash: sometimes(0.5, 0.05),
    hiccup: sometimes(0.3, 0.04),
    forget: sometimes(0.5, 0.5),
    skewMs: random.chance(0.3) ? random.pick([3, 500]) : 0,
    processes: random.chance(0.3) ? 2 : 1,
    interleave: random.chance(0.25),
    job: {
      fails: sometimes(0.6, 0.5),
      crashes: sometimes(0.3, 0.3),
      hangs: sometimes(0.3, 0.4),
      reclaimed: sometimes(0.3, 0.3),
      vanishes: sometimes(0.25, 0.25),
      undelivered: sometimes(0.3, 0.4),
      duplicated: sometimes(0.3, 0.3),
      refused: sometimes(0.3, 0.6),
      waits: sometimes(0.3, 0.5),
      forged: sometimes(0.3, 0.3),
      reports: sometimes(0.2, 0.5),
    },
  };
}

/** The plan of a seed. */
export const planOf = (seed: number): WorldPlan => withChildren(planWithoutChildRuns(seed));

export function planWithoutChildRuns(seed: number): WorldPlan {
  const random = new Random(seed);
  const cached = random.chance(0.4);
  const first = randomProgram(random, cached);
  const count = random.weighted({ one: 7, two: 3, three: 0.7 });
  const runs = Array.from(
    { length: { one: 1, two: 2, three: 3 }[count] },
    (_, n): RunPlan => ({
      program:
        n > 0 && random.chance(0.7) ? first : n === 0 ? first : randomProgram(random, cached),
      startAtMs: n === 0 ? 0 : random.pick([0, 10, 3000]),
      abortAfterMs: random.chance(0.1) ? random.int(0, 40_000) : null,
      signals: Array.from({ length: random.chance(0.5) ? random.int(1, 4) : 0 }, () => ({
        name: random.pick(SIGNAL_NAMES),
        afterMs: random.int(0, 40_000),
      })),
      abortOnFailure: random.chance(0.12),
      timeoutSeconds: random.chance(0.08) ? random.int(1, 120) : null,
      noCache: random.chance(0.05),
      afterwards: random.chance(0.6) ? random.pick(['resume', 'resume', 'rerun'] as const) : null,
    }),
  );
  const plan = { seed, runs, faults: random.chance(0.1) ? NO_FAULTS : faults(random) };
  return roll(seed, 'limited') < 0.4 ? withLimits(plan) : plan;
}

/** Limits of concurrency for some components: those with one key have one limit in all runs. */
function withLimits(plan: WorldPlan): WorldPlan {
  const limitOf = (name: string): ConcurrencyLimit | null => {
    const kind = roll(plan.seed, 'limit', name);
    if (kind < 0.4) return { limit: 1, key: 'licence' };
    if (kind < 0.6) return { limit: 2, scope: 'run' };
    return kind < 0.8 ? { limit: 2 } : null;
  };
  const limited = (program: Program): Program => ({
    ...program,
    components: program.components.map((component) => ({
      ...component,
      concurrency: limitOf(component.name),
    })),
  });
  return { ...plan, runs: plan.runs.map((run) => ({ ...run, program: limited(run.program) })) };
}
