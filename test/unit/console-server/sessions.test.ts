import { expect, it } from 'vitest';
import { Sessions } from '../../../src/console-server/sessions.ts';

function sessionsAt(start = 0) {
  const clock = { time: start, now: () => clock.time };
  return { clock, sessions: new Sessions(clock) };
}

const tokenFrom = (sessions: Sessions): string => {
  const exchange = sessions.open(sessions.newCode());
  if (exchange.kind !== 'opened') throw new Error(`no session: ${exchange.kind}`);
  return exchange.token;
};

it('a code has 192 bits, and the token for it 256', () => {
  const { sessions } = sessionsAt();
  expect(Buffer.from(sessions.newCode(), 'base64url').byteLength).toBe(24);
  const token = tokenFrom(sessions);
  expect(Buffer.from(token.replace('hrs_', ''), 'base64url').byteLength).toBe(32);
  expect(sessions.isOpen(token)).toBe(true);
});

it('a code opens one session', () => {
  const { sessions } = sessionsAt();
  const code = sessions.newCode();
  expect(sessions.open(code).kind).toBe('opened');
  expect(sessions.open(code).kind).toBe('refused');
});

it('a code is valid for 60 seconds', () => {
  const { sessions, clock } = sessionsAt();
  const [early, late] = [sessions.newCode(), sessions.newCode()];
  clock.time = 59_999;
  expect(sessions.open(early).kind).toBe('opened');
  clock.time = 60_000;
  expect(sessions.open(late).kind).toBe('refused');
});

it('a wrong code, and the hash or a part of a right one, opens nothing', () => {
  const { sessions } = sessionsAt();
  const code = sessions.newCode();
  for (const wrong of ['', 'a', code.slice(1), `${code}a`, code.toUpperCase()])
    expect(sessions.open(wrong).kind).toBe('refused');
  expect(sessions.open(code).kind).toBe('opened');
});

it('after ten wrong codes in a minute no code is accepted for the rest of it', () => {
  const { sessions, clock } = sessionsAt(5_000);
  for (let guess = 0; guess < 10; guess += 1) {
    expect(sessions.open(`guess ${guess}`).kind).toBe('refused');
    clock.time += 1_000;
  }
  expect(sessions.open(sessions.newCode())).toEqual({ kind: 'limited', retryAfterMs: 50_000 });
  clock.time = 65_000;
  expect(sessions.open(sessions.newCode()).kind).toBe('opened');
});

it('a session lasts until it is closed, and others remain', () => {
  const { sessions, clock } = sessionsAt();
  const [closed, other] = [tokenFrom(sessions), tokenFrom(sessions)];
  clock.time = 30 * 86_400_000;
  sessions.close(closed);
  expect([sessions.isOpen(closed), sessions.isOpen(other)]).toEqual([false, true]);
});

it('the number of sessions is bounded: the oldest ends', () => {
  const { sessions } = sessionsAt();
  const first = tokenFrom(sessions);
  for (let count = 1; count < 256; count += 1) tokenFrom(sessions);
  expect(sessions.isOpen(first)).toBe(true);
  const last = tokenFrom(sessions);
  expect([sessions.isOpen(first), sessions.isOpen(last)]).toEqual([false, true]);
});
