/** Previews of artifacts and code behind the API, the history of a run, and its log. */
import { describe, expect, it } from 'vitest';
import { encode } from '../../../src/codec/index.ts';
import type { HistoryEvent } from '../../../src/model/history.ts';
import { runEventPageSchema } from '../../../src/wire/events.ts';
import { runLogPageSchema } from '../../../src/wire/logs.ts';
import { aCompletedStep, aComponent, anArtifact } from '../../conformance/records.ts';
import { aRun, commit } from './answers-harness.ts';
import { aCode, anApi, idOf, registered, sha256, uploaded } from './harness.ts';

async function harnessWithRun() {
  const harness = await anApi();
  await registered(harness);
  const run = await aRun(harness);
  const get = (path: string) => harness.request('GET', `/v1/runs/${run}${path}`);
  return { harness, run, get };
}

describe('previews', () => {
  async function withArtifacts() {
    const made = await harnessWithRun();
    const { harness, run } = made;
    const encoded = encode({ rows: [{ a: 1 }, { a: 2 }], made: new Map([['x', 1n]]) });
    const bytes = encoded.format === 'cbor' ? encoded.bytes : Buffer.from(encoded.text);
    await harness.storage.objects.put('p/x/data/large', bytes);
    const large = {
      ...{ format: 'cbor' as const, key: 'p/x/data/large' },
      ...{ size: bytes.length, hash: sha256('x') },
    };
    await commit(
      harness,
      run,
      {
        created: [
          aCompletedStep(0, {
            artifacts: [
              anArtifact('small/one', { value: { format: 'json', text: '[1,2]' } }),
              anArtifact('large', { value: large }),
              anArtifact('gone', { value: { ...large, key: 'p/x/data/gone' } }),
            ],
          }),
        ],
        runOutputs: { artifacts: [anArtifact('large', { value: large })], models: [] },
      },
      { callCount: 1, result: { format: 'json', text: '{"loss":0.5}' } },
    );
    return made;
  }

  it('an artifact of a step or a run is decoded, with a link if it is an object', async () => {
    const { get } = await withArtifacts();
    expect((await get('/steps/0/preview?artifact=small%2Fone')).body).toMatchObject({
      name: 'small/one',
      format: 'json',
      size: 5,
      truncated: false,
      content: { kind: 'json', value: { is: 'array', items: [1, 2] } },
      link: null,
    });
    for (const path of ['/steps/0/preview?artifact=large', '/preview?artifact=large']) {
      expect((await get(`${path}&path=/rows`)).body).toMatchObject({
        path: '/rows',
        content: { kind: 'table', rows: [[1], [2]] },
        link: { method: 'GET' },
      });
    }
    expect((await get('/preview?result=true&path=/loss')).body).toMatchObject({
      content: { value: 0.5 },
    });
  });

  it.each([
    ['/steps/0/preview?artifact=none', 404],
    ['/steps/0/preview?model=large', 404],
    ['/steps/9/preview?artifact=large', 404],
    ['/preview?model=none', 404],
    ['/steps/0/preview?artifact=large&path=/none', 404],
    ['/steps/0/preview?artifact=large&bytes=3&path=/rows/1', 422],
    ['/steps/0/preview?artifact=gone', 410],
    ['/steps/0/preview', 400],
    ['/steps/0/preview?artifact=a&model=b', 400],
    ['/steps/0/preview?artifact=large&path=rows', 400],
    ['/steps/0/preview?artifact=large&path=/~2', 400],
    [`/steps/0/preview?artifact=large&path=${'/a'.repeat(200)}`, 400],
    ['/steps/0/preview?artifact=large&bytes=99999999', 400],
    ['/steps/0/preview?artifact=large&result=true', 400],
  ])('%s is answered with %i', async (path, status) => {
    const { get } = await withArtifacts();
    expect((await get(path)).status).toBe(status);
  });
});

describe('code', () => {
  const SOURCE = ['import x;', '', 'export function one() {', '  return 1;', '}', ''].join('\n');

  async function withCode() {
    const harness = await anApi();
    const component = 'component of logic';
    const maps = JSON.stringify({
      sources: [
        { file: 'b.ts', content: 'of b' },
        { file: 'a.ts', content: SOURCE },
      ],
      // Line 2 of source 1, then line 3; then line 0 of source 0.
      bundles: { [sha256(component)]: { sources: [0, 1], mappings: 'ACEA;AACA;ADHA' } },
    });
    const code = await uploaded(harness, {
      ...aCode(),
      sourceMaps: { hash: sha256(maps), size: maps.length },
    });
    const [one] = code.components;
    if (one === undefined) throw new Error('the code has no component');
    await harness.storage.objects.put(one.bundle.key, Buffer.from(component));
    await harness.storage.objects.put(`code/${sha256(maps)}.map`, Buffer.from(maps));
    const { status } = await harness.request('POST', '/v1/versions', {
      code,
      declaration: { name: 'iris', project: 'examples' },
    });
    expect(status).toBe(201);
    const run = await aRun(harness);
    await commit(
      harness,
      run,
      {
        created: [
          aCompletedStep(0, { component: 'one' }),
          aCompletedStep(1, { component: 'none' }),
        ],
        components: [
          {
            ...aComponent('one', 1),
            declaration: { ...aComponent('one', 1).declaration, id: 'a.ts#one' },
          },
        ],
      },
      { callCount: 2 },
    );
    return { harness, run, hash: one.bundle.hash, logic: code.logic.hash, maps: sha256(maps) };
  }

  it('the code of a step has the lines of its source, first those of its file', async () => {
    const { harness, run, hash } = await withCode();
    const { body } = await harness.request('GET', `/v1/runs/${run}/steps/0/code`);
    expect(body).toMatchObject({
      hash,
      kind: 'component',
      id: 'a.ts#one',
      sources: [
        { file: 'a.ts', parts: [{ line: 3, text: 'export function one() {\n  return 1;' }] },
        { file: 'b.ts', parts: [{ line: 1, text: 'of b' }] },
      ],
      bundle: 'component of logic',
      link: { url: `http://links/code/${hash}.mjs` },
    });
    expect((await harness.request('GET', `/v1/runs/${run}/steps/1/code`)).status).toBe(404);
  });

  it('a bundle is read for a run or a version that uses it, and for no other', async () => {
    const { harness, run, hash, logic, maps } = await withCode();
    const version = 'project=examples&pipeline=iris&version=1.0.0';
    const get = async (path: string) => (await harness.request('GET', path)).status;
    expect(await get(`/v1/code/${hash}?run=${run}`)).toBe(200);
    expect(await get(`/v1/code/${hash}?${version}`)).toBe(200);
    expect(await get(`/v1/code/${logic}?run=${run}`)).toBe(410);
    expect(await get(`/v1/code/${maps}?run=${run}`)).toBe(404);
    expect(await get(`/v1/code/${hash}?run=${idOf(99)}`)).toBe(404);
    expect(await get(`/v1/code/${hash}?project=examples&pipeline=iris&version=9.0.0`)).toBe(404);
    for (const query of ['', '?project=examples', `?run=${run}&${version}`])
      expect(await get(`/v1/code/${hash}${query}`)).toBe(400);
    expect(await get(`/v1/code/..%2Fx?run=${run}`)).toBe(400);
  });

  it('the bundles of a run are listed with their hashes', async () => {
    const { harness, run, hash, logic } = await withCode();
    const { body } = await harness.request('GET', `/v1/runs/${run}/code`);
    expect(body).toMatchObject({
      bundles: [
        { hash: logic, kind: 'logic' },
        { hash, kind: 'component', name: 'one', id: 'a.ts#one' },
      ],
    });
  });

  it('damaged source maps, and code that is not that of its hash, are not shown', async () => {
    const { harness, run, hash, maps } = await withCode();
    await harness.storage.objects.put(`code/${maps}.map`, Buffer.from('{}'));
    const { body } = await harness.request('GET', `/v1/runs/${run}/steps/0/code`);
    expect(body).toMatchObject({ sources: [] });
    await harness.storage.objects.put(`code/${hash}.mjs`, Buffer.from('other'));
    expect((await harness.request('GET', `/v1/runs/${run}/steps/0/code`)).status).toBe(410);
  });
});

describe('the history of a run', () => {
  const ERROR = { name: 'TypeError', message: 'no' };
  const node = {
    ...{ name: 'one', component: 'one', status: 'completed' as const, attempt: 1, parents: [] },
    ...{ executionQueue: 'default', artifacts: [], models: [] },
  };
  const EVENTS: readonly HistoryEvent[] = [
    {
      at: 1,
      kind: 'completed',
      call: 0,
      values: [
        { format: 'json', text: '[1]' },
        { format: 'file', key: 'secret', size: 9, hash: 'h' },
      ],
    },
    { at: 2, kind: 'failed', call: 1, step: 'one_1', error: ERROR, attempts: 2 },
    { at: 3, kind: 'skipped', call: 2, step: 'one_2', cause: 'one_1' },
    { at: 4, kind: 'aborted', call: 3, step: 'one_3' },
    { at: 5, kind: 'sleepEnded', sleep: 0 },
    { at: 6, kind: 'signal', name: 'approve', value: '"yes"' },
    {
      at: 7,
      kind: 'callback',
      call: 0,
      component: 'one',
      node,
      input: { kind: 'statusChange', previousStatus: 'running' },
    },
    { at: 8, kind: 'callback', call: 0, component: 'one', node, input: { kind: 'postExecute' } },
  ];

  async function withEvents() {
    const made = await harnessWithRun();
    await commit(made.harness, made.run, { events: EVENTS }, { eventCount: EVENTS.length });
    const read = async (query: string) => {
      const { status, body } = await made.get(`/events?${query}`);
      expect({ status, body }).toMatchObject({ status: 200 });
      const page = runEventPageSchema.parse(body);
      return { ...page, numbers: page.items.map(({ number }) => number) };
    };
    return { ...made, read };
  }

  it('each kind of event has its fields, and values are replaced by previews', async () => {
    const { read } = await withEvents();
    const { items, next, count } = await read('');
    expect(items.map(({ kind }) => kind)).toEqual(EVENTS.map(({ kind }) => kind));
    expect({ next, count }).toEqual({ next: null, count: 8 });
    expect(items[0]).toMatchObject({
      number: 0,
      values: [
        { format: 'json', size: 3, preview: '[1]' },
        { format: 'file', size: 9, preview: null },
      ],
    });
    expect(JSON.stringify(items)).not.toContain('secret');
    expect(items[5]).toMatchObject({ name: 'approve', value: { preview: '"yes"' } });
    expect(items[6]).toMatchObject({ callback: 'statusChange', previousStatus: 'running' });
  });

  it.each([1, 3, 200])(
    'pages of %i events in both directions have each event once',
    async (limit) => {
      const { read } = await withEvents();
      for (const direction of ['forward', 'backward']) {
        const numbers: number[] = [];
        for (let cursor = ''; ; ) {
          const page = await read(`limit=${limit}&direction=${direction}${cursor}`);
          numbers.push(...page.numbers);
          if (page.next === null) break;
          cursor = `&cursor=${page.next}`;
        }
        const all = EVENTS.map((_, number) => number);
        expect(numbers).toEqual(direction === 'forward' ? all : all.toReversed());
      }
    },
  );

  it('events are selected by kind, and read from a number on', async () => {
    const { read, get } = await withEvents();
    expect((await read('kind=callback,failed')).numbers).toEqual([1, 6, 7]);
    expect((await read('kind=callback&direction=backward&limit=1')).numbers).toEqual([7]);
    expect((await read('from=6')).numbers).toEqual([6, 7]);
    expect((await read('from=2&direction=backward')).numbers).toEqual([2, 1, 0]);
    expect((await read('from=99')).numbers).toEqual([]);
    expect((await get('/events?kind=loud')).status).toBe(400);
    expect((await get('/events?from=1&cursor=x')).status).toBe(400);
  });
});

describe('the log of a run', () => {
  async function withTexts() {
    const made = await harnessWithRun();
    const report = (call: number, texts: readonly (readonly [number, string])[]) => ({
      ...{ call, attempt: 1, sequence: 0, points: [] },
      texts: texts.map(([at, text]) => ({ at, text })),
    });
    await commit(
      made.harness,
      made.run,
      {
        created: [aCompletedStep(0), aCompletedStep(1)],
        reports: [
          report(0, [
            [10, 'WARN: a'],
            [30, 'c'],
          ]),
          report(1, [
            [20, 'b'],
            [30, 'd'],
          ]),
        ],
        runReports: [
          {
            id: 'r',
            points: [],
            texts: [
              { at: 5, text: 'start' },
              { at: 30, text: 'logic' },
            ],
          },
        ],
      },
      { callCount: 2 },
    );
    const read = async (query: string) => {
      const { status, body } = await made.get(`/log?${query}`);
      expect({ status, body }).toMatchObject({ status: 200 });
      const page = runLogPageSchema.parse(body);
      return { ...page, texts: page.lines.map(({ text }) => text) };
    };
    return { ...made, read };
  }
  const ALL = ['start', 'WARN: a', 'b', 'logic', 'c', 'd'];

  it.each([1, 2, 50])('lines are merged by time, in both directions by %i', async (limit) => {
    const { read } = await withTexts();
    const forward: string[] = [];
    for (let query = ''; ; ) {
      const page = await read(`limit=${limit}${query}`);
      forward.push(...page.texts);
      if (!page.hasMore) break;
      query = `&cursor=${page.next}`;
    }
    expect(forward).toEqual(ALL);
    const backward: string[] = [];
    for (let query = '&from=end'; ; ) {
      const page = await read(`limit=${limit}${query}`);
      backward.unshift(...page.texts);
      if (page.previous === null) break;
      query = `&cursor=${page.previous}&direction=backward`;
    }
    expect(backward).toEqual(ALL);
  });

  it('lines have their step and level, and are found by text and position', async () => {
    const { read, get } = await withTexts();
    const { lines } = await read('');
    expect(lines[1]).toMatchObject({ call: 0, attempt: 1, level: 'warn' });
    expect(lines[0]).toMatchObject({ call: null, attempt: null });
    expect((await read('search=LOGIC')).texts).toEqual(['logic']);
    expect((await read('level=warn')).texts).toEqual(['WARN: a']);
    expect((await read(`position=${lines[3]?.position}`)).texts).toEqual(ALL.slice(3));
    expect((await get('/log?position=x')).status).toBe(400);
  });

  it('a reader at the end receives the lines that are reported later', async () => {
    const { read, harness, run } = await withTexts();
    const { next, omittedCalls } = await read('from=end');
    expect(omittedCalls).toBe(0);
    await commit(harness, run, {
      runReports: [
        {
          id: 'later',
          points: [],
          texts: [
            { at: 30, text: 'e' },
            { at: 40, text: 'f' },
          ],
        },
      ],
    });
    expect((await read(`cursor=${next}`)).texts).toEqual(['f']);
  });
});
