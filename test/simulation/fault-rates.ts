/**
 * How often each fault happens in a simulated world.
 *
 * @module
 */
import type { Random } from './random.ts';

/** Probabilities, unless said otherwise. */
export interface Faults {
  /** A message comes twice. */
  readonly duplicate: number;
  /** A message is late, by up to `lateness` milliseconds. */
  readonly late: number;
  readonly latenessMs: number;
  /** A message that the design allows to be lost is lost. */
  readonly drop: number;
  /** The controller dies before or after one call of a port. */
  readonly crash: number;
  /** A call of a port throws before or after its effect, and the controller lives. */
  readonly hiccup: number;
  /** The evaluator forgets the run before a batch. */
  readonly forget: number;
  /** Milliseconds by which clocks differ, at the most. */
  readonly skewMs: number;
  /** Controllers that share the work. */
  readonly processes: number;
  /** Batches of different runs are handled beside each other, call by call of the ports. */
  readonly interleave: boolean;
  readonly job: {
    /** The function throws. */
    readonly fails: number;
    /** It exits with a code other than 0, or by a signal of its own, and says nothing. */
    readonly crashes: number;
    /** It runs until it is stopped, if its component has a time limit. */
    readonly hangs: number;
    /** Its machine goes; somebody tells. */
    readonly reclaimed: number;
    /** It is gone, and nobody tells. */
    readonly vanishes: number;
    /** It succeeds, and its result is an object instead of a message. */
    readonly undelivered: number;
    /** A second job runs for the attempt. */
    readonly duplicated: number;
    /** Words with a wrong token, for another attempt, for a call that is not there. */
    readonly forged: number;
    /** It reports metrics. */
    readonly reports: number;
  };
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
    duplicated: 0,
    forged: 0,
    reports: 0,
  },
};

export function faults(random: Random): Faults {
  const sometimes = (probability: number, most: number): number =>
    random.chance(probability) ? random.next() * most : 0;
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
      forged: sometimes(0.3, 0.3),
      reports: sometimes(0.2, 0.5),
    },
  };
}
