import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createServerClock } from '../../../../console/src/api/server-clock.ts';

const HOUR = 3_600_000;
const SERVER = Date.UTC(2026, 10, 30, 10);

const header = (at: number): string => new Date(at).toUTCString();

it('a browser whose clock is an hour late shows the time of the server', () => {
  const clock = createServerClock(() => SERVER - HOUR);
  clock.observe(header(SERVER), SERVER - HOUR);
  expect(clock.now()).toBe(SERVER);
});

it('a clock that agrees with the headers is not corrected, however slow an answer is', () => {
  const clock = createServerClock(() => SERVER + 30_000);
  clock.observe(header(SERVER + 29_000), SERVER);
  clock.observe(header(SERVER), SERVER + 900);
  expect(clock.now()).toBe(SERVER + 30_000);
});

it('a clock that is set while the page is open is followed', () => {
  let local = SERVER;
  const clock = createServerClock(() => local);
  local = SERVER + HOUR;
  clock.observe(header(SERVER), SERVER + HOUR);
  expect(clock.now()).toBe(SERVER + 1_000);
  local = SERVER + 1_000;
  clock.observe(header(SERVER + 1_000), SERVER + 1_000);
  expect(clock.now()).toBe(SERVER + 1_000);
});

it.each([null, 'yesterday'])('a Date header of %j changes nothing', (value) => {
  const clock = createServerClock(() => SERVER);
  clock.observe(value, SERVER);
  expect(clock.now()).toBe(SERVER);
});

it('the time is that of the server within a second and the time of the fastest answer', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e12, max: 1e12 }),
      fc.array(fc.tuple(fc.nat(20_000), fc.nat(20_000)), { minLength: 1, maxLength: 10 }),
      (skew, answers) => {
        let local = SERVER;
        const clock = createServerClock(() => local);
        let fastest = Number.POSITIVE_INFINITY;
        for (const [there, back] of answers) {
          const sentAt = local;
          local += there;
          const written = header(local + skew);
          local += back;
          clock.observe(written, sentAt);
          fastest = Math.min(fastest, there + back);
        }
        expect(Math.abs(clock.now() - (local + skew))).toBeLessThanOrEqual(fastest + 1_000);
      },
    ),
  );
});
