/**
 * The routes of queues: their load is read only on request, and names of runs come from records.
 *
 * @module
 */
import { describe, expect, it, vi } from 'vitest';
import {
  type QueueLoad,
  type QueueLoads,
  QueuesBusyError,
} from '../../../src/ports/queue-loads.ts';
import { queueListSchema, queueWaitersSchema } from '../../../src/wire/service.ts';
import { aRun } from './answers-harness.ts';
import { anApi, idOf, registered } from './harness.ts';

const LOAD: QueueLoad = {
  running: 5,
  starting: 1,
  waiting: 40,
  waitingSince: 3000,
  vcpus: { used: 12, max: 64 },
  partial: false,
  measuredAt: 4000,
};

const QUEUES = () => ({
  items: [
    { name: 'default', platform: 'fargate', spot: false, gpu: false, concurrency: null } as const,
    { name: 'fast', platform: 'lambda', spot: false, gpu: false, concurrency: 10 } as const,
  ],
  acceptsAnyName: false,
});

function someLoads(over: Partial<QueueLoads> = {}) {
  return {
    loads: vi.fn(async (_: readonly string[]) => new Map([['default', LOAD]])),
    waiters: vi.fn<QueueLoads['waiters']>(async () => undefined),
    ...over,
  };
}

describe('the list of queues', () => {
  it('the load is read only if the request includes it', async () => {
    const queueLoads = someLoads();
    const harness = await anApi({ queues: QUEUES, queueLoads });
    const { body } = await harness.request('GET', '/v1/queues');
    expect(queueListSchema.parse(body).items.map(({ load }) => load)).toEqual([null, null]);
    expect(queueLoads.loads).not.toHaveBeenCalled();
  });

  it('each queue has its load, or null if it is not known', async () => {
    const queueLoads = someLoads();
    const harness = await anApi({ queues: QUEUES, queueLoads });
    const { body } = await harness.request('GET', '/v1/queues?include=load');
    expect(queueListSchema.parse(body).items).toEqual([
      {
        ...QUEUES().items[0],
        load: {
          ...LOAD,
          waitingSince: '1970-01-01T00:00:03.000Z',
          measuredAt: '1970-01-01T00:00:04.000Z',
        },
      },
      { ...QUEUES().items[1], load: null },
    ]);
    expect(queueLoads.loads).toHaveBeenCalledWith(['default', 'fast']);
  });

  it('a service that measures nothing answers with loads of null', async () => {
    const harness = await anApi({ queues: QUEUES });
    const { status, body } = await harness.request('GET', '/v1/queues?include=load');
    expect(status).toBe(200);
    expect(queueListSchema.parse(body).items.map(({ load }) => load)).toEqual([null, null]);
  });

  it.each(['/v1/queues?include=cost', '/v1/queues?load=1'])(
    '%s is refused: only the load can be included',
    async (path) => {
      const harness = await anApi({ queues: QUEUES });
      expect((await harness.request('GET', path)).status).toBe(400);
    },
  );

  it('a busy store is answered with 429 and the time to wait', async () => {
    const refuse = async () => {
      throw new QueuesBusyError(5);
    };
    const harness = await anApi({
      queues: QUEUES,
      queueLoads: someLoads({ loads: vi.fn(refuse), waiters: vi.fn(refuse) }),
    });
    for (const path of ['/v1/queues?include=load', '/v1/queues/default/waiting']) {
      const { status, headers, body } = await harness.request('GET', path);
      expect([status, headers.get('retry-after')]).toEqual([429, '5']);
      expect(body).toMatchObject({ detail: expect.stringContaining('try again in 5 s') });
    }
    expect(harness.failures).toEqual([]);
  });
});

describe('the runs that wait in a queue', () => {
  it('each waiting run is named as its record names it, without runs that are missing', async () => {
    const waiters: QueueLoads['waiters'] = async () => ({
      items: [
        { run: idOf(99), waiting: 1, since: 1000 },
        { run: idOf(1), waiting: 40, since: 2000 },
      ],
      partial: true,
      measuredAt: 4000,
    });
    const harness = await anApi({
      queues: QUEUES,
      queueLoads: someLoads({ waiters: vi.fn(waiters) }),
    });
    await registered(harness);
    const run = await aRun(harness);
    expect(run).toBe(idOf(1));
    const { status, body } = await harness.request('GET', '/v1/queues/default/waiting');
    expect(status).toBe(200);
    expect(queueWaitersSchema.parse(body)).toEqual({
      items: [
        {
          run,
          pipeline: 'iris',
          project: 'examples',
          number: 1,
          addRunNumber: true,
          waiting: 40,
          since: '1970-01-01T00:00:02.000Z',
        },
      ],
      partial: true,
      measuredAt: '1970-01-01T00:00:04.000Z',
    });
  });

  it('an unknown queue is not found, and the problem names the queues', async () => {
    const queueLoads = someLoads();
    const harness = await anApi({ queues: QUEUES, queueLoads });
    const { status, body } = await harness.request('GET', '/v1/queues/other/waiting');
    expect(status).toBe(404);
    expect(body).toMatchObject({
      errors: [{ in: 'path', field: 'queue', detail: 'the queues are default, fast' }],
    });
    expect(queueLoads.waiters).not.toHaveBeenCalled();
  });

  it('where every name is a queue, one without waiting steps has an empty list', async () => {
    const harness = await anApi({
      queues: () => ({ ...QUEUES(), acceptsAnyName: true }),
      queueLoads: someLoads({
        waiters: vi.fn(async () => ({ items: [], partial: false, measuredAt: 4000 })),
      }),
    });
    const { status, body } = await harness.request('GET', '/v1/queues/a%2Fb/waiting');
    expect([status, body]).toMatchObject([200, { items: [], partial: false }]);
  });

  it('a queue whose platform does not list what waits is answered with the reason', async () => {
    const harness = await anApi({ queues: QUEUES, queueLoads: someLoads() });
    const { status, body } = await harness.request('GET', '/v1/queues/fast/waiting');
    expect(status).toBe(422);
    expect(body).toMatchObject({ detail: expect.stringContaining('"fast"') });
  });
});
