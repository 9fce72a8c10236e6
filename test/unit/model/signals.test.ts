import { expect, it } from 'vitest';
import { NO_SIGNALS, type RunSignals, withSignal, withWait } from '../../../src/model/signals.ts';
import { Random } from '../../simulation/random.ts';

/** The rule as the logic applies it: it observes events in order. */
class Logic {
  readonly pending = new Set<string>();
  readonly #kept = new Map<string, number>();

  observe(name: string): void {
    if (!this.pending.delete(name)) this.#kept.set(name, (this.#kept.get(name) ?? 0) + 1);
  }

  wait(name: string): void {
    const kept = this.#kept.get(name) ?? 0;
    if (kept > 0) this.#kept.set(name, kept - 1);
    else this.pending.add(name);
  }
}

it('the names that a head has as awaited are those of the logic, however far the logic is behind', () => {
  for (let seed = 0; seed < 2000; seed += 1) {
    const random = new Random(seed);
    const logic = new Logic();
    const events: string[] = [];
    let signals: RunSignals = NO_SIGNALS;
    let observed = 0;
    const observe = (): void => {
      const name = events[observed++];
      if (name !== undefined) logic.observe(name);
    };
    for (let turn = 0; turn < 20; turn += 1) {
      const name = random.pick(['a', 'b'] as const);
      const kind = random.pick(['signal', 'wait', 'observe'] as const);
      if (kind === 'signal')
        signals = withSignal(signals, name, events.push(name) - 1, observed).signals;
      else if (kind === 'wait') {
        logic.wait(name);
        signals = withWait(signals, name, observed).signals;
      } else if (observed < events.length) observe();
    }
    while (observed < events.length) observe();
    expect([...signals.awaited].sort(), `seed ${seed}`).toEqual([...logic.pending].sort());
  }
});

it('a signal that the logic has not observed settles a wait, so that an evaluation is due', () => {
  const { signals } = withSignal(NO_SIGNALS, 'a', 5, 0);
  expect(withWait(signals, 'a', 3)).toMatchObject({ settles: true, signals: { awaited: [] } });
  expect(withWait(signals, 'a', 6)).toMatchObject({ settles: false, signals: { kept: [] } });
});
