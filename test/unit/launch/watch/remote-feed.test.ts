/**
 * A run behind an API in this process, read by the feed that a watcher polls.
 *
 * @module
 */
import { expect, it, onTestFinished, vi } from 'vitest';
import { createClient } from '../../../../src/client/client.ts';
import { retryDelayMs } from '../../../../src/client/transport.ts';
import { remoteFeed } from '../../../../src/launch/remote/remote-feed.ts';
import { nextPause } from '../../../../src/launch/watch/poll-pause.ts';
import { StepPages } from '../../../../src/launch/watch/step-pages.ts';
import { EMPTY_COMMIT } from '../../../../src/ports/tasks.ts';
import { aCompletedStep, aStep } from '../../../conformance/records.ts';
import { aRun, commit } from '../../api/answers-harness.ts';
import { anApi, idOf, registered } from '../../api/harness.ts';

/** A feed of a run with 450 pending steps: three pages. */
async function aFeed({ listsChanges = true } = {}) {
  const harness = await anApi();
  await registered(harness);
  const id = idOf(Number((await aRun(harness)).slice(5)));
  await commit(harness, id, { created: Array.from({ length: 450 }, (_, call) => aStep(call)) });
  const endpoint = 'http://api.test';
  const requests: string[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = url.slice(endpoint.length);
    requests.push(path.replace(`/v1/runs/${id}`, 'run').replace(/cursor=\w+/, 'cursor'));
    return !listsChanges && path.includes('/changes')
      ? Response.json({ title: 'Not Found', status: 404, detail: 'no route' }, { status: 404 })
      : await harness.api.request(path, init);
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const feed = remoteFeed(createClient({ endpoint, sign: async ({ headers }) => headers }), id);
  const pages = new StepPages(feed);
  return {
    harness,
    id,
    /** One poll, as the watcher does it: the calls that it read, and the requests. */
    async poll() {
      requests.length = 0;
      const { revision, changedCalls } = await feed.run();
      pages.noteChanges(changedCalls);
      const calls: number[] = [];
      for await (const { call } of pages.poll(false)) calls.push(call);
      return { revision, read: calls.length, requests: [...requests] };
    },
    complete: (call: number) =>
      commit(harness, id, { changed: [aCompletedStep(call, { name: `step_${call}` })] }),
  };
}

const firstPage = 'run/steps?limit=200';
const nextPage = 'run/steps?limit=200&cursor';

it('a poll of a run that did not change is one request, and a change reads only the pages of changed steps', async () => {
  const { poll, complete } = await aFeed();
  expect(await poll()).toEqual({
    revision: 1,
    read: 450,
    requests: ['run', firstPage, nextPage, nextPage],
  });
  expect(await poll()).toEqual({ revision: 1, read: 0, requests: ['run/changes?since=1'] });
  await complete(10);
  await complete(449);
  expect(await poll()).toEqual({
    revision: 3,
    read: 250,
    requests: ['run/changes?since=1', firstPage, nextPage],
  });
  expect((await poll()).requests).toEqual(['run/changes?since=3']);
});

it('a run that was rewound is read anew', async () => {
  const { poll, harness, id } = await aFeed();
  await poll();
  const run = await harness.storage.tasks.run(id);
  if (run === undefined) throw new Error('the run is missing');
  const { head } = run;
  await harness.storage.tasks.rewind(
    id,
    { eventCount: 0, commandCount: 0, callCount: 450 },
    {
      ...EMPTY_COMMIT,
      head: { ...head, revision: head.revision + 1, generation: 1 },
    },
  );
  expect(await poll()).toMatchObject({ revision: 2, read: 450 });
});

it('an API that does not list changes is read as a whole run in each poll', async () => {
  const { poll, complete } = await aFeed({ listsChanges: false });
  await poll();
  await complete(10);
  const pages = [firstPage, nextPage, nextPage];
  expect((await poll()).requests).toEqual(['run/changes?since=1', 'run', ...pages]);
  await complete(11);
  expect((await poll()).requests).toEqual(['run', ...pages]);
});

it('a run that was removed while it is watched is an error', async () => {
  const { poll, harness, id } = await aFeed();
  await poll();
  await harness.storage.tasks.remove(id);
  await expect(poll()).rejects.toThrow(`there is no run ${id}`);
});

it('the pause between polls grows while nothing changes, unless output is followed', () => {
  const pace = { runMs: 2000, idleMs: 15_000, logMs: [1000, 5000] as const };
  const poll = { isIdle: true, followsLogs: false, durationMs: 100, pauseMs: 2000 };
  expect(nextPause(pace, { ...poll, isIdle: false, pauseMs: 15_000 })).toBe(2000);
  expect(nextPause(pace, poll)).toBe(3000);
  expect(nextPause(pace, { ...poll, pauseMs: 14_000 })).toBe(15_000);
  expect(nextPause(pace, { ...poll, followsLogs: true })).toBe(1000);
  expect(nextPause({ ...pace, idleMs: undefined }, poll)).toBe(2000);
  expect(nextPause(pace, { ...poll, isIdle: false, durationMs: 4000 })).toBe(8000);
});

it('a retry waits as long as the response requests, up to half a minute', () => {
  const response = (after: string) => new Response(null, { headers: { 'retry-after': after } });
  expect(retryDelayMs(200)).toBe(200);
  expect(retryDelayMs(200, new Response())).toBe(200);
  expect(retryDelayMs(200, response('3'))).toBe(3000);
  expect(retryDelayMs(200, response('600'))).toBe(30_000);
  expect(retryDelayMs(200, response('soon'))).toBe(200);
});
