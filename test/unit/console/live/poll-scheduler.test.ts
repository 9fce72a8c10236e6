import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type PollOutcome, PollScheduler } from '../../../../console/src/live/poll-scheduler.ts';

const scheduler = (random = 0) => new PollScheduler(() => random);
const STILL: PollOutcome = { moved: false, more: false, queued: false, over: false };
const MOVED: PollOutcome = { ...STILL, moved: true };
const OVER: PollOutcome = { ...STILL, over: true };

it('the first poll is made at once', () => {
  expect(scheduler().delayMs()).toBe(0);
});

it('a run that changes is polled every two seconds', () => {
  const polls = scheduler();
  for (let count = 0; count < 5; count++) {
    polls.answered(MOVED);
    expect(polls.delayMs()).toBe(2000);
  }
});

it('a run that does not change is polled ever less often, up to 15 seconds', () => {
  const polls = scheduler();
  polls.answered(MOVED);
  const delays = Array.from({ length: 8 }, () => {
    polls.answered(STILL);
    return polls.delayMs();
  });
  expect(delays).toEqual([3000, 4500, 6750, 10125, 15000, 15000, 15000, 15000]);
});

it('a queued run is polled up to every 30 seconds, and every two when it starts', () => {
  const polls = scheduler();
  for (let count = 0; count < 10; count++) polls.answered({ ...STILL, queued: true });
  expect(polls.delayMs()).toBe(30_000);
  polls.answered(MOVED);
  expect(polls.delayMs()).toBe(2000);
});

it('an action is followed by a poll after a second', () => {
  const polls = scheduler();
  for (let count = 0; count < 10; count++) polls.answered(STILL);
  polls.acted();
  expect(polls.delayMs()).toBe(1000);
});

it('a run that is over is not polled', () => {
  const polls = scheduler();
  polls.answered(OVER);
  expect(polls.delayMs()).toBeNull();
});

it('after an action, a run that is over is polled five times until it moves', () => {
  const polls = scheduler();
  polls.answered(OVER);
  polls.acted();
  let count = 0;
  while (polls.delayMs() !== null) {
    polls.answered(OVER);
    count++;
  }
  expect(count).toBe(5);
});

it('a hidden page is not polled, and a page that becomes visible is polled at once', () => {
  const polls = scheduler();
  polls.answered(MOVED);
  polls.setHidden(true);
  expect(polls.delayMs()).toBeNull();
  polls.acted();
  expect(polls.delayMs()).toBeNull();
  polls.setHidden(false);
  expect(polls.delayMs()).toBe(0);
});

it('a page that becomes visible polls a run that is over once', () => {
  const polls = scheduler();
  polls.answered(OVER);
  polls.setHidden(true);
  polls.setHidden(false);
  expect(polls.delayMs()).toBe(0);
  polls.answered(OVER);
  expect(polls.delayMs()).toBeNull();
});

it('further changes on record are requested at once', () => {
  const polls = scheduler();
  polls.answered({ ...MOVED, more: true });
  expect(polls.delayMs()).toBe(0);
});

it('failures are retried after 2, 4, 8 and then 15 seconds, and an answer ends that', () => {
  const polls = scheduler();
  const delays = Array.from({ length: 5 }, () => {
    polls.failed(null);
    return polls.delayMs();
  });
  expect(delays).toEqual([2000, 4000, 8000, 15_000, 15_000]);
  polls.answered(MOVED);
  expect(polls.delayMs()).toBe(2000);
});

it('a delay that the server names is respected, also by a page that becomes visible', () => {
  const polls = scheduler();
  polls.failed(60_000);
  expect(polls.delayMs()).toBe(60_000);
  polls.acted();
  expect(polls.delayMs()).toBe(60_000);
  polls.setHidden(true);
  polls.setHidden(false);
  expect(polls.delayMs()).toBe(60_000);
});

it('the jitter delays a poll by a tenth at most, and never makes it earlier', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
      const polls = scheduler(random);
      polls.answered(MOVED);
      expect(polls.delayMs()).toBeGreaterThanOrEqual(2000);
      expect(polls.delayMs()).toBeLessThanOrEqual(2200);
    }),
  );
});

it('no sequence of events leads to a delay below a second that is not an immediate poll', () => {
  const event = fc.oneof(
    fc.record({ moved: fc.boolean(), queued: fc.boolean(), over: fc.boolean() }),
    fc.constantFrom('failed', 'acted', 'hidden', 'visible'),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const polls = scheduler();
      for (const each of events) {
        if (typeof each === 'object') polls.answered({ ...each, more: false });
        else if (each === 'failed') polls.failed(null);
        else if (each === 'acted') polls.acted();
        else polls.setHidden(each === 'hidden');
        const delay = polls.delayMs();
        if (delay !== null && delay !== 0) expect(delay).toBeGreaterThanOrEqual(1000);
      }
    }),
  );
});
