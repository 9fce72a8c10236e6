import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessExit } from '../../../src/local/jobs/runner-process.ts';
import {
  type SharedRunner,
  SharedRunners,
  sharedKeyOf,
} from '../../../src/local/jobs/shared-runners.ts';
import { stepSpec } from '../../support/step-spec.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A runner without a process. A signal ends it. */
class FakeRunner implements SharedRunner {
  attemptCount = 1;
  hasExited = false;
  exited: Promise<ProcessExit>;
  #exit: (exit: ProcessExit) => void = () => undefined;

  constructor() {
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  signal(): void {
    this.hasExited = true;
    this.#exit({
      exitCode: null,
      signal: 'SIGKILL',
      rejectedMessage: undefined,
      startFailure: undefined,
    });
  }
}

const onEnd = async () => undefined;

describe('runners that stay', () => {
  it('an attempt acquires the runner of its key that was released last, and no other attempt does', () => {
    const runners = new SharedRunners<FakeRunner>(4, onEnd);
    const [first, second, other] = [new FakeRunner(), new FakeRunner(), new FakeRunner()];
    runners.release('a', first);
    runners.release('a', second);
    runners.release('b', other);
    expect(runners.acquire('a')).toBe(second);
    expect(runners.acquire('a')).toBe(first);
    expect(runners.acquire('a')).toBeUndefined();
    expect(runners.acquire('b')).toBe(other);
  });

  it('a runner that exited while it was idle is not acquired', async () => {
    const runners = new SharedRunners<FakeRunner>(4, onEnd);
    const runner = new FakeRunner();
    runners.release('a', runner);
    runner.signal();
    expect(runners.acquire('a')).toBeUndefined();
  });

  it('of more idle runners than the limit, the one that was released first ends', () => {
    const runners = new SharedRunners<FakeRunner>(2, onEnd);
    const [first, second, third] = [new FakeRunner(), new FakeRunner(), new FakeRunner()];
    for (const runner of [first, second, third]) runners.release('a', runner);
    expect([first.hasExited, second.hasExited, third.hasExited]).toEqual([true, false, false]);
  });

  it('a runner ends after its last attempt', () => {
    const runners = new SharedRunners<FakeRunner>(4, onEnd);
    const runner = new FakeRunner();
    runner.attemptCount = 499;
    runners.release('a', runner);
    expect(runners.acquire('a')).toBe(runner);
    runner.attemptCount = 500;
    runners.release('a', runner);
    expect(runner.hasExited).toBe(true);
    expect(runners.acquire('a')).toBeUndefined();
  });

  it('a runner that no attempt acquires for ten seconds ends, and one that was acquired does not', () => {
    const runners = new SharedRunners<FakeRunner>(4, onEnd);
    const [idle, busy] = [new FakeRunner(), new FakeRunner()];
    runners.release('a', idle);
    runners.release('b', busy);
    vi.advanceTimersByTime(9_999);
    expect(runners.acquire('b')).toBe(busy);
    expect(idle.hasExited).toBe(false);
    vi.advanceTimersByTime(1);
    expect([idle.hasExited, busy.hasExited]).toEqual([true, false]);
  });

  it('after close, idle runners have exited, and a runner that is released exits', async () => {
    const runners = new SharedRunners<FakeRunner>(4, onEnd);
    const [idle, late] = [new FakeRunner(), new FakeRunner()];
    runners.release('a', idle);
    await runners.close();
    runners.release('a', late);
    expect([idle.hasExited, late.hasExited]).toEqual([true, true]);
  });
});

describe('the end of runners that stay', () => {
  it('each runner that is not kept is reported once, after it has exited', async () => {
    const ended: FakeRunner[] = [];
    const runners = new SharedRunners<FakeRunner>(1, async (runner) => {
      expect(runner.hasExited).toBe(true);
      ended.push(runner);
    });
    const [oldest, killed, spent, last, late] = Array.from({ length: 5 }, () => new FakeRunner());
    if (!oldest || !killed || !spent || !last || !late) throw new Error('too few runners');
    spent.attemptCount = 500;
    await runners.release('a', oldest);
    await runners.release('a', killed);
    killed.signal();
    await vi.waitFor(() => expect(ended).toEqual([oldest, killed]));
    await runners.release('a', spent);
    await runners.release('a', last);
    await runners.close();
    await runners.release('a', late);
    expect(ended).toEqual([oldest, killed, spent, last, late]);
  });

  it('a runner that exits while it runs an attempt is not reported', async () => {
    const ended: FakeRunner[] = [];
    const runners = new SharedRunners<FakeRunner>(4, async (runner) => void ended.push(runner));
    const runner = new FakeRunner();
    await runners.release('a', runner);
    runners.acquire('a');
    runner.signal();
    await runners.close();
    expect(ended).toEqual([]);
  });
});

describe('the attempts that may share a process', () => {
  const key = (given: Parameters<typeof stepSpec>[0]) =>
    sharedKeyOf(stepSpec({ isolation: 'shared', ...given }));

  it('calls of one component in one run have the same key', () => {
    expect(key({ call: 1 })).toBe(key({ call: 2, attempt: 3 }));
  });

  it('another component, other code and a step without the option have another key', () => {
    const all = [key({}), key({ component: 'other' }), key({ codeKey: 'code/other' })];
    expect(new Set(all).size).toBe(3);
    expect(sharedKeyOf(stepSpec())).toBeUndefined();
  });
});
