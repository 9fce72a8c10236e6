import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openLocalEngine } from '../../../src/engine/local-engine.ts';
import { TimerPoller } from '../../../src/engine/timer-poller.ts';
import { createSteadyClock } from '../../../src/model/steady-clock.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { aCommit, aHead, anInfo, runId } from '../../conformance/records.ts';
import { temporaryHomes } from '../local/home.ts';

const { home } = temporaryHomes();
const run = runId(1);
const START = 1_000_000;

/** The clocks of a machine whose time a test controls. */
function aMachine() {
  let [wall, monotonic, uptime] = [START, 500, 90_000];
  return {
    clocks: { wall: () => wall, monotonic: () => monotonic, uptime: () => uptime },
    pass(ms: number): void {
      [wall, monotonic, uptime] = [wall + ms, monotonic + ms, uptime + ms];
    },
    setClock(byMs: number): void {
      wall += byMs;
    },
    sleep(ms: number): void {
      [wall, uptime] = [wall + ms, uptime + ms];
    },
  };
}

describe('a steady clock', () => {
  test.each([-15_000, 15_000, 3_600_000])(
    'a change of the machine’s clock by %i ms does not reach it',
    (change) => {
      const machine = aMachine();
      const clock = createSteadyClock(machine.clocks);
      machine.pass(1000);
      machine.setClock(change);
      expect(clock.now()).toBe(START + 1000);
      machine.pass(5000);
      expect(clock.now()).toBe(START + 6000);
    },
  );

  test('the time for which the machine slept counts, also on a clock that stands still meanwhile', () => {
    const machine = aMachine();
    const clock = createSteadyClock(machine.clocks);
    machine.pass(1000);
    machine.sleep(3_600_000);
    expect(clock.now()).toBe(START + 3_601_000);
    machine.setClock(-15_000);
    machine.pass(1000);
    expect(clock.now()).toBe(START + 3_602_000);
  });

  test('it continues with the machine’s clock on request', () => {
    const machine = aMachine();
    const clock = createSteadyClock(machine.clocks);
    machine.setClock(-15_000);
    clock.adopt();
    expect(clock.now()).toBe(START - 15_000);
    machine.pass(10);
    expect(clock.now()).toBe(START - 14_990);
  });

  test('it continues after the last time on record if the machine’s clock was set back before it', () => {
    const machine = aMachine();
    const clock = createSteadyClock(machine.clocks);
    machine.setClock(-3_600_000);
    clock.adopt(START + 1000);
    expect(clock.now()).toBe(START + 1000);
    machine.setClock(7_200_000);
    clock.adopt(START + 1000);
    expect(clock.now()).toBe(START + 3_600_000);
  });
});

describe('timers of an engine', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  /** An engine's timer that is due in 10 s. Returns whether it fires within a number of them. */
  async function aTimer() {
    const machine = aMachine();
    const clock = createSteadyClock(machine.clocks);
    const { tasks, timers } = createMemoryStorage();
    await tasks.createRun(anInfo(run), aHead(run));
    const sleep = { kind: 'sleep', subject: 0, generation: 0, at: clock.now() + 10_000 } as const;
    await tasks.commit(run, aCommit(aHead(run), { timers: { set: [sleep] } }));
    const sent: Transition[] = [];
    const poller = new TimerPoller({
      clock,
      timers,
      inbox: { drain: () => [], post: () => undefined },
      ownedRuns: () => [run],
      send: (transitions) => void sent.push(...transitions),
    });
    poller.schedule();
    return {
      machine,
      firesWithin(ms: number): boolean {
        for (let passed = 0; passed < ms; passed += 100) {
          machine.pass(100);
          vi.advanceTimersByTime(100);
        }
        return sent.length > 0;
      },
    };
  }

  test('a clock that is set back does not delay a timer', async () => {
    const { machine, firesWithin } = await aTimer();
    machine.setClock(-15_000);
    expect(firesWithin(9900)).toBe(false);
    expect(firesWithin(300)).toBe(true);
  });

  test('a clock that is set forward does not fire a timer early', async () => {
    const { machine, firesWithin } = await aTimer();
    machine.setClock(3_600_000);
    expect(firesWithin(9900)).toBe(false);
    expect(firesWithin(300)).toBe(true);
  });

  test('a timer that became due while the machine slept fires when it wakes', async () => {
    const { machine, firesWithin } = await aTimer();
    machine.sleep(3_600_000);
    expect(firesWithin(300)).toBe(true);
  });
});

test('an engine has a steady clock, and its timers are set by it', async () => {
  const engine = await openLocalEngine({ home: home() });
  try {
    const before = engine.clock.now();
    vi.spyOn(Date, 'now').mockReturnValue(before - 15_000);
    expect(engine.clock.now()).toBeGreaterThanOrEqual(before);
  } finally {
    vi.restoreAllMocks();
    await engine.close();
  }
});

test('an engine continues a run after its last event, also if the machine’s clock was set back', async () => {
  const engine = await openLocalEngine({ home: home() });
  try {
    const future = engine.clock.now() + 3_600_000;
    await engine.store.tasks.createRun(anInfo(run), aHead(run, { lastEventAt: future }));
    await engine.abort(run, 'test');
    expect(engine.clock.now()).toBeGreaterThanOrEqual(future);
  } finally {
    await engine.close();
  }
});
