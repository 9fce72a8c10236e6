import { expect, it } from 'vitest';
import { durationMs, ServerClock } from '../../../../console/src/live/server-clock.ts';

const HOUR = 3_600_000;
const SERVER = Date.UTC(2026, 10, 30, 10);

it('a browser whose clock is an hour late shows the time of the server', () => {
  const clock = new ServerClock(() => SERVER - HOUR);
  clock.observe(new Date(SERVER).toUTCString(), SERVER - HOUR);
  expect(Math.abs(clock.now() - SERVER)).toBeLessThanOrEqual(500);
});

it('a difference below two seconds is not corrected', () => {
  const clock = new ServerClock(() => SERVER + 900);
  clock.observe(new Date(SERVER).toUTCString(), SERVER + 700);
  expect(clock.now()).toBe(SERVER + 900);
});

it.each([null, 'yesterday'])('a Date header of %j changes nothing', (header) => {
  const clock = new ServerClock(() => SERVER);
  clock.observe(header, SERVER);
  expect(clock.skewMs()).toBe(0);
});

it('a duration is never negative', () => {
  expect(durationMs(SERVER + HOUR, null, SERVER)).toBe(0);
  expect(durationMs(SERVER + HOUR, SERVER, SERVER)).toBe(0);
  expect(durationMs(SERVER - 5, null, SERVER)).toBe(5);
});
