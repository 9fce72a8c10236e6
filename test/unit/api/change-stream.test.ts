import { describe, expect, it, onTestFinished } from 'vitest';
import { changeStream } from '../../../src/api/change-stream.ts';
import type { ApiPorts } from '../../../src/api/ports.ts';
import { createChangeSignals } from '../../../src/cli/dev/change-signals.ts';
import { type RunChangesDocument, runChangesSchema } from '../../../src/wire/run-state.ts';
import { aStep } from '../../conformance/records.ts';
import { aRun, commit } from './answers-harness.ts';
import { anApi, idOf, registered } from './harness.ts';

const document = (
  revision: number,
  over: Partial<RunChangesDocument> = {},
): RunChangesDocument => ({
  epoch: 0,
  revision,
  reset: false,
  more: false,
  run: null,
  calls: 0,
  steps: [],
  ...over,
});

/** A stream of a run whose revision the test sets. */
function aStream({ revision = 1, since = 1, heartbeatMs = 60_000, pageSize = 100 } = {}) {
  const listeners = new Set<() => void>();
  const run = { revision: revision as number | undefined, reads: [] as number[] };
  const stream = changeStream({
    since,
    heartbeatMs,
    pauseMs: 1,
    subscribe(notify) {
      listeners.add(notify);
      return () => listeners.delete(notify);
    },
    async read(from) {
      run.reads.push(from);
      if (run.revision === undefined) return undefined;
      const next = Math.min(run.revision, from + pageSize);
      return document(next, { more: next < run.revision });
    },
  });
  const reader = stream.getReader();
  onTestFinished(() => reader.cancel());
  const decoder = new TextDecoder();
  return {
    run,
    listeners,
    reader,
    change(to: number | undefined) {
      run.revision = to;
      for (const listener of listeners) listener();
    },
    async next() {
      const { done, value } = await reader.read();
      return done ? undefined : decoder.decode(value);
    },
  };
}

const revisionIn = (event: string | undefined): unknown =>
  JSON.parse(event?.replace(/^data: /, '') ?? 'null').revision;

describe('a stream of changes', () => {
  it('the first document is sent at once, also without a change, and the next after a change', async () => {
    const { next, change } = aStream();
    expect(await next()).toBe(`data: ${JSON.stringify(document(1))}\n\n`);
    change(3);
    expect(revisionIn(await next())).toBe(3);
  });

  it('a change while no one reads is not lost', async () => {
    const { next, change } = aStream();
    change(2);
    await next();
    change(4);
    change(5);
    const seen = [revisionIn(await next())];
    while (seen.at(-1) !== 5) seen.push(revisionIn(await next()));
    expect(seen.at(-1)).toBe(5);
  });

  it('further documents follow at once when a document has more', async () => {
    const { next, run } = aStream({ revision: 5, since: 0, pageSize: 2 });
    expect([revisionIn(await next()), revisionIn(await next()), revisionIn(await next())]).toEqual([
      2, 4, 5,
    ]);
    expect(run.reads.slice(0, 3)).toEqual([0, 2, 4]);
  });

  it('a comment is sent while nothing changes', async () => {
    const { next } = aStream({ heartbeatMs: 1 });
    await next();
    expect(await next()).toBe(': nothing changed\n\n');
  });

  it('the stream of a run that was removed ends, and is no longer subscribed', async () => {
    const { next, change, listeners } = aStream();
    await next();
    change(undefined);
    expect(await next()).toBeUndefined();
    expect(listeners.size).toBe(0);
  });

  it('a stream whose connection ends while it waits is no longer subscribed', async () => {
    const { next, reader, listeners } = aStream();
    await next();
    const waiting = reader.read();
    await reader.cancel();
    expect((await waiting).done).toBe(true);
    expect(listeners.size).toBe(0);
  });
});

describe('signals of changes', () => {
  it('a run that this process changes is signalled to its listeners only', () => {
    const signals = createChangeSignals(async () => 1);
    onTestFinished(() => signals.close());
    const seen: string[] = [];
    const stop = signals.subscribe(idOf(1), () => seen.push('first'));
    signals.subscribe(idOf(2), () => seen.push('second'));
    signals.changed(idOf(1));
    signals.changed(idOf(3));
    stop();
    signals.changed(idOf(1));
    expect(seen).toEqual(['first']);
  });

  it('a run that another process changes is signalled when its revision differs', async () => {
    let revision: number | undefined = 1;
    let polls = 0;
    const signals = createChangeSignals(async () => {
      polls += 1;
      return revision;
    }, 1);
    onTestFinished(() => signals.close());
    let wake: () => void = () => undefined;
    signals.subscribe(idOf(1), () => wake());
    const signalled = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    await signalled();
    const removed = signalled();
    revision = undefined;
    await removed;
    expect(polls).toBeGreaterThan(1);
  });
});

describe('the route of changes', () => {
  const accept = 'text/event-stream, application/json';

  async function anApiWithRun(changeSignals?: ApiPorts['changeSignals']) {
    const harness = await anApi(changeSignals === undefined ? {} : { changeSignals });
    await registered(harness);
    const id = await aRun(harness);
    await commit(harness, id, { created: [aStep(0)] });
    const request = (path: string, headers: Readonly<Record<string, string>>) =>
      harness.api.request(path, { headers });
    return { request, path: `/v1/runs/${id}/changes?since=0` };
  }

  it('an API that can hold a response open streams changes to a caller that accepts them', async () => {
    const signals = createChangeSignals(async () => 1);
    onTestFinished(() => signals.close());
    const { request, path } = await anApiWithRun(signals);
    const response = await request(path, { accept });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    const text = new TextDecoder().decode(value).replace(/^data: /, '');
    expect(runChangesSchema.parse(JSON.parse(text))).toMatchObject({ revision: 1, calls: 1 });
    await reader?.cancel();
    const missing = '/v1/runs/01api000000000000000000099/changes?since=0';
    expect((await request(missing, { accept })).status).toBe(404);
    const { status, headers } = await request(path, {});
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
  });

  it('an API that cannot hold a response open answers one document', async () => {
    const { request, path } = await anApiWithRun();
    const { status, headers } = await request(path, { accept });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
  });
});
