import { expect, it } from 'vitest';
import {
  type FollowedLine,
  followedText,
  LogFollower,
} from '../../../../src/launch/watch/log-follower.ts';
import type { FeedPace } from '../../../../src/launch/watch/run-feed.ts';
import { aFeed, type FakeFeed } from './feed.ts';

/** A follower of a feed, whose clock a pause and `wait` advance. */
function aFollower(feed: FakeFeed, logMs: FeedPace['logMs'] = [1000, 5000]) {
  let now = 0;
  const lines: FollowedLine[] = [];
  const pauses: (() => void)[] = [];
  const follower = new LogFollower({
    read: feed.log,
    pace: { logMs },
    print: (found) => void lines.push(...found),
    now: () => now,
    pause: async (durationMs) => {
      now += durationMs;
      pauses.shift()?.();
    },
  });
  return {
    follower,
    pauses,
    printed: () => lines.map(followedText),
    wait: (durationMs: number) => {
      now += durationMs;
    },
  };
}

it('each line of a log is printed once, and lines that are added later follow', async () => {
  const feed = aFeed();
  const { follower, printed, wait } = aFollower(feed);
  feed.state.logs['0 1'] = ['one', 'two', 'three'];
  follower.open(0, 'train', 1);
  await follower.poll();
  expect(printed()).toEqual(['train | one', 'train | two', 'train | three']);
  feed.state.logs['0 1'] = ['one', 'two', 'three', 'four'];
  wait(1000);
  await follower.poll();
  await follower.finish(0, 'train', 1);
  expect(printed()).toEqual(['train | one', 'train | two', 'train | three', 'train | four']);
});

it('the lines of several attempts have their step and the number of a retry', async () => {
  const feed = aFeed();
  const { follower, printed } = aFollower(feed);
  feed.state.logs = { '0 1': ['a'], '1 2': ['b'] };
  follower.open(0, 'load', 1);
  follower.open(1, 'train', 2);
  await follower.poll();
  expect(printed()).toEqual(['load | a', 'train (attempt 2) | b']);
});

it('an attempt that ended before it was seen to run is printed once', async () => {
  const feed = aFeed();
  const { follower, printed } = aFollower(feed);
  feed.state.logs['0 1'] = ['short'];
  feed.state.complete.add('0 1');
  await follower.finish(0, 'train', 1);
  await follower.finish(0, 'train', 1);
  follower.open(0, 'train', 1);
  await follower.poll();
  expect(printed()).toEqual(['train | short']);
  expect(feed.requests).toHaveLength(1);
});

it('lines that arrive after the end of the attempt are printed, until the log is complete', async () => {
  const feed = aFeed();
  const { follower, printed, pauses } = aFollower(feed);
  feed.state.logs['0 1'] = ['early'];
  await follower.finish(0, 'train', 1);
  pauses.push(
    () => feed.state.logs['0 1']?.push('late'),
    () => feed.state.complete.add('0 1'),
  );
  await follower.drain();
  expect(printed()).toEqual(['train | early', 'train | late']);
  const before = feed.requests.length;
  await follower.drain();
  expect(feed.requests).toHaveLength(before);
});

it('a log that never completes is given up, so that the command ends', async () => {
  const feed = aFeed();
  const { follower } = aFollower(feed);
  follower.open(0, 'train', 1);
  await follower.drain();
  expect(feed.requests.length).toBeLessThan(30);
});

it('an interrupt ends the wait for the rest of a log', async () => {
  const feed = aFeed();
  const { follower } = aFollower(feed);
  follower.open(0, 'train', 1);
  await follower.drain(Promise.resolve());
  expect(feed.requests).toHaveLength(1);
});

it('a log without new lines is read less often, and one with new lines as often as before', async () => {
  const feed = aFeed();
  const { follower, wait } = aFollower(feed);
  follower.open(0, 'train', 1);
  const readsDuring = async (seconds: number): Promise<number> => {
    const before = feed.requests.length;
    for (let second = 0; second < seconds; second += 1) {
      await follower.poll();
      wait(1000);
    }
    return feed.requests.length - before;
  };
  expect(await readsDuring(60)).toBeLessThan(16);
  feed.state.logs['0 1'] = ['new'];
  wait(5000);
  expect(await readsDuring(2)).toBe(2);
});

it('logs of many attempts are read in batches, and no line is lost', async () => {
  const feed = aFeed();
  const { follower, printed } = aFollower(feed);
  for (let call = 0; call < 30; call += 1) {
    feed.state.logs[`${call} 1`] = [`line ${call}`, 'second', 'third'];
    follower.open(call, `train_${call}`, 1);
  }
  await follower.poll();
  expect(printed()).toHaveLength(90);
  expect(printed().slice(0, 4)).toEqual([
    'train_0 | line 0',
    'train_0 | second',
    'train_0 | third',
    'train_1 | line 1',
  ]);
});
