import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunFeed } from '../../../../console/src/live/run-feed.ts';
import { statusOf } from '../../../../console/src/live/statuses.ts';
import { connectionLost, FakeBrowser, FakeService, problem } from './feed-harness.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** The longest interval after a poll that showed no change. */
const nextPoll = () => after(3000);
const statusesOf = ({ columns }: RunFeed) =>
  Array.from(columns.status.slice(0, columns.known), statusOf);

async function openTab(service: FakeService, browser = new FakeBrowser()): Promise<RunFeed> {
  const feed = browser.openTab(service);
  feed.setVisible(true);
  await after(0);
  return feed;
}

it('a feed shows the run, and what changes in it', async () => {
  const service = new FakeService();
  service.set(0, 'running');
  const feed = await openTab(service);
  expect(statusesOf(feed)).toEqual(['running']);
  service.set(0, 'completed');
  service.set(1, 'queued');
  await nextPoll();
  expect(statusesOf(feed)).toEqual(['completed', 'queued']);
  expect(feed.snapshot().run?.revision).toBe(service.run.revision);
});

it('a snapshot is the same object until something changes', async () => {
  const service = new FakeService();
  const feed = await openTab(service);
  expect(feed.snapshot()).toBe(feed.snapshot());
});

it('a run that is over is read once and never polled', async () => {
  const service = new FakeService();
  service.change({ status: 'completed' });
  await openTab(service);
  await after(600_000);
  expect(service.requests).toMatchObject({ run: 1, state: 1, changes: 0 });
});

it('after a resume of a run that is over, the feed polls again', async () => {
  const service = new FakeService();
  service.change({ status: 'failed' });
  const feed = await openTab(service);
  feed.acted();
  service.change({ status: 'running' });
  await after(999);
  expect(service.requests.changes).toBe(0);
  await after(1);
  expect(feed.snapshot().run?.status).toBe('running');
});

it('a hidden tab requests nothing', async () => {
  const service = new FakeService();
  const feed = await openTab(service);
  feed.setVisible(false);
  await after(0);
  const { changes } = service.requests;
  await after(600_000);
  expect(service.requests.changes).toBe(changes);
  feed.setVisible(true);
  await after(0);
  expect(service.requests.changes).toBe(changes + 1);
});

it('five tabs of a run poll as often as one, and all show the changes', async () => {
  const alone = new FakeService();
  await openTab(alone);
  const service = new FakeService();
  const browser = new FakeBrowser();
  const feeds = await Promise.all(Array.from({ length: 5 }, () => openTab(service, browser)));
  const opened = { alone: alone.requests.graph, five: service.requests.graph };
  for (let count = 0; count < 20; count++) {
    alone.set(count, 'completed');
    service.set(count, 'completed');
    await after(2000);
  }
  expect(service.requests.changes).toBe(alone.requests.changes);
  expect(service.requests.graph - opened.five).toBe(alone.requests.graph - opened.alone);
  for (const feed of feeds) expect(statusesOf(feed)).toHaveLength(20);
});

it('another tab continues when the one that polls is hidden', async () => {
  const service = new FakeService();
  const browser = new FakeBrowser();
  const first = await openTab(service, browser);
  const second = await openTab(service, browser);
  first.setVisible(false);
  await after(0);
  service.set(0, 'failed');
  await nextPoll();
  expect(statusesOf(second)).toEqual(['failed']);
  expect(statusesOf(first)).toEqual(['failed']);
});

it('an action in one tab makes the tab that polls request after a second', async () => {
  const service = new FakeService();
  const browser = new FakeBrowser();
  await openTab(service, browser);
  const second = await openTab(service, browser);
  await after(60_000);
  const { changes } = service.requests;
  second.acted();
  await after(1000);
  expect(service.requests.changes).toBe(changes + 1);
});

it('a tab that missed messages reads the run anew', async () => {
  const service = new FakeService();
  const feed = await openTab(service);
  const browser = new FakeBrowser();
  const late = browser.openTab(service);
  await openTab(service, browser);
  late.setVisible(true);
  await after(0);
  const { columns } = late;
  columns.revision = -5;
  service.set(0, 'completed');
  await nextPoll();
  expect(statusesOf(late)).toEqual(['completed']);
  expect(feed.snapshot().isLoaded).toBe(true);
});

it('after a rewind the run is read anew', async () => {
  const service = new FakeService();
  service.set(0, 'failed');
  service.set(1, 'skipped');
  const feed = await openTab(service);
  service.rewind();
  service.set(0, 'running');
  await nextPoll();
  expect(statusesOf(feed)).toEqual(['running']);
});

it('a lost connection is reported, what is shown stays, and it recovers', async () => {
  const service = new FakeService();
  service.set(0, 'running');
  const browser = new FakeBrowser();
  const feed = await openTab(service, browser);
  const other = await openTab(service, browser);
  service.failure = connectionLost();
  await nextPoll();
  expect(feed.snapshot().isLost).toBe(true);
  expect(other.snapshot().isLost).toBe(true);
  expect(statusesOf(feed)).toEqual(['running']);
  service.failure = null;
  service.set(0, 'completed');
  await after(15_000);
  expect(feed.snapshot().isLost).toBe(false);
  expect(other.snapshot().isLost).toBe(false);
  expect(statusesOf(feed)).toEqual(['completed']);
});

it('a connection that is lost before the first answer recovers, too', async () => {
  const service = new FakeService();
  service.failure = connectionLost();
  const feed = await openTab(service);
  expect(feed.snapshot()).toMatchObject({ isLost: true, run: null, error: null });
  service.failure = null;
  await after(15_000);
  expect(feed.snapshot()).toMatchObject({ isLost: false, isLoaded: true });
});

it('the time that a busy server names is respected', async () => {
  const service = new FakeService();
  const feed = await openTab(service);
  service.failure = problem(429, 40_000);
  await nextPoll();
  const { changes } = service.requests;
  feed.acted();
  feed.retry();
  await after(39_999);
  expect(service.requests.changes).toBe(changes);
  service.failure = null;
  await after(1);
  expect(service.requests.changes).toBe(changes + 1);
});

it.each([404, 410, 403])(
  'a run that answers %i ends the feed with that problem',
  async (status) => {
    const service = new FakeService();
    service.failure = problem(status);
    const feed = await openTab(service);
    expect(feed.snapshot().error).toBe(service.failure);
    await after(600_000);
    expect(service.requests.run).toBe(1);
  },
);

it('a run that is removed while it is shown keeps its picture beside the problem', async () => {
  const service = new FakeService();
  service.set(0, 'running');
  const feed = await openTab(service);
  service.failure = problem(410);
  await nextPoll();
  expect(feed.snapshot().error).toBe(service.failure);
  expect(statusesOf(feed)).toEqual(['running']);
});

it('with an older service, the document of the run alone is live', async () => {
  const service = new FakeService();
  service.hasColumns = false;
  const feed = await openTab(service);
  expect(feed.snapshot().mode).toBe('outdated');
  service.change({ status: 'completed' });
  await nextPoll();
  expect(feed.snapshot().run?.status).toBe('completed');
  expect(service.requests.changes).toBe(0);
});

it('a stream of changes needs one request', async () => {
  const service = new FakeService();
  service.streams = true;
  const feed = await openTab(service);
  for (let count = 0; count < 5; count++) {
    service.set(count, 'completed');
    await after(10);
  }
  expect(statusesOf(feed)).toHaveLength(5);
  expect(service.requests.changes).toBe(1);
});

it('a stream that breaks is reported and opened again', async () => {
  const service = new FakeService();
  service.streams = true;
  const feed = await openTab(service);
  service.cut();
  await after(0);
  expect(feed.snapshot().isLost).toBe(true);
  service.set(0, 'failed');
  await nextPoll();
  expect(feed.snapshot().isLost).toBe(false);
  expect(statusesOf(feed)).toEqual(['failed']);
  expect(service.requests.changes).toBe(2);
});

it('a stream ends with its run', async () => {
  const service = new FakeService();
  service.streams = true;
  const feed = await openTab(service);
  service.change({ status: 'completed' });
  await after(600_000);
  expect(feed.snapshot().run?.status).toBe('completed');
  expect(service.requests.changes).toBe(1);
});

it('a closed feed requests nothing', async () => {
  const service = new FakeService();
  const feed = await openTab(service);
  feed.close();
  await after(0);
  const { changes } = service.requests;
  await after(600_000);
  expect(service.requests.changes).toBe(changes);
});

it('a page of the graph from before a rewind does not stay', async () => {
  const service = new FakeService();
  service.set(0, 'failed');
  service.set(1, 'failed');
  const source = service.source();
  const before = await source.graph(0, new AbortController().signal);
  service.rewind();
  service.set(0, 'running');
  let isFirst = true;
  const feed = new FakeBrowser().openTab(service, {
    ...source,
    graph: (from, signal) => {
      if (!isFirst) return source.graph(from, signal);
      isFirst = false;
      return Promise.resolve(before);
    },
  });
  feed.setVisible(true);
  await after(0);
  expect(statusesOf(feed)).toEqual(['running']);
});
