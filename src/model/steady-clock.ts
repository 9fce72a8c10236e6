/**
 * A clock for durations: the time of day when it starts, and from then on the time that passes. A
 * change of the machine's clock does not reach it. The sleep of the machine does: timers that are
 * due when it wakes are due at once.
 *
 * @module
 */
import { uptime } from 'node:os';

export interface SteadyClock {
  /** Milliseconds since the epoch, as of the last `adopt`, plus the time that passed since then. */
  now(): number;
  /**
   * Continues with the machine's clock. Only for a moment at which no time of this clock is
   * compared with a later one.
   *
   * @param earliest the last time on record. If the machine's clock was set back before it, the
   *   clock continues from there. Default: 0
   */
  adopt(earliest?: number): void;
}

/** The clocks of the machine, each in milliseconds. */
export interface MachineClocks {
  /** The time of day, which can be set. */
  wall(): number;
  /** Passes evenly, but may stand still while the machine sleeps. */
  monotonic(): number;
  /** Includes the time for which the machine slept. It may be as coarse as a second. */
  uptime(): number;
}

const MACHINE: MachineClocks = {
  wall: () => Date.now(),
  // The first use of `performance` loads ten modules of Node.js: a millisecond in each step.
  monotonic: () => process.uptime() * 1000,
  uptime: () => uptime() * 1000,
};

/** The uptime costs a call of the system, so it is read this often at most. */
const UPTIME_INTERVAL_MS = 1000;
/** More than the coarseness of the uptime. */
const MIN_SLEEP_MS = 2500;

export function createSteadyClock(clocks: MachineClocks = MACHINE): SteadyClock {
  /** What `monotonic` lacks to the time of day. */
  let offset = clocks.wall() - clocks.monotonic();
  /** What `monotonic` lacks to the uptime. It grows by the time for which the machine slept. */
  let lag = clocks.uptime() - clocks.monotonic();
  let checkedAt = clocks.monotonic();
  let checkedWall = clocks.wall();

  function addSleep(): void {
    const monotonic = clocks.monotonic();
    const wall = clocks.wall();
    // The time of day jumps when the machine wakes, too. It costs nothing to read.
    const jumped = Math.abs(wall - checkedWall - (monotonic - checkedAt)) >= MIN_SLEEP_MS;
    if (!jumped && monotonic - checkedAt < UPTIME_INTERVAL_MS) return;
    checkedAt = monotonic;
    checkedWall = wall;
    const slept = clocks.uptime() - monotonic - lag;
    if (slept < MIN_SLEEP_MS) return;
    lag += slept;
    offset += slept;
  }

  const now = (): number => {
    addSleep();
    return Math.floor(clocks.monotonic() + offset);
  };
  return {
    now,
    adopt(earliest = 0) {
      offset = Math.max(clocks.wall(), earliest) - clocks.monotonic();
    },
  };
}
