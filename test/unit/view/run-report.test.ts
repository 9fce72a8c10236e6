import { describe, expect, it } from 'vitest';
import { encode, toInline } from '../../../src/codec/index.ts';
import type { Artifact, Model } from '../../../src/model/artifacts.ts';
import type { Run } from '../../../src/model/run.ts';
import { type ReportSource, readableValue, runReportText } from '../../../src/view/run-report.ts';
import { printedRunSchema } from '../../../src/wire/printed.ts';
import { aCompletedStep, anAttempt, aReport, aStep, runId } from '../../conformance/records.ts';
import { runDocumentSchema } from '../cli/contract.ts';
import { aHome } from '../cli/recorded.ts';

const artifact: Artifact = {
  name: 'rows',
  type: 'json',
  size: 3,
  hash: 'abc',
  preview: '[1]',
  value: { format: 'json', text: '[1]' },
  createdAt: 7,
};
const model: Model = {
  name: 'forest',
  value: { format: 'file', key: 'k', size: 9, hash: 'h', name: 'forest.json' },
  size: 9,
  hash: 'h',
  framework: 'mljs',
  createdAt: 8,
};

async function documentOf(source: ReportSource, run: Run) {
  let text = '';
  for await (const part of runReportText(source, run)) text += part;
  expect(text.endsWith('\n')).toBe(true);
  const document = runDocumentSchema.parse(JSON.parse(text));
  expect(printedRunSchema.parse(document)).toEqual(document);
  return document;
}

describe('the document of a run', () => {
  it('the document of a run without steps has exactly the keys of the contract', async () => {
    const { record, source } = aHome();
    const run = await record(runId(1), {}, {}, { status: 'running' });
    expect(await documentOf(source, run)).toEqual({
      id: runId(1),
      pipeline: 'iris',
      project: 'examples',
      version: '1.0.0',
      number: 1,
      status: 'running',
      args: { url: 'https://example.org/iris.csv' },
      result: null,
      error: null,
      tags: [],
      parent: null,
      waitsForSignals: [],
      createdBy: null,
      archived: false,
      note: null,
      addRunNumber: true,
      argsMap: {},
      startedAt: null,
      endedAt: null,
      steps: [],
      artifacts: [],
      models: [],
      metrics: [],
    });
  });

  it('the document has steps in the order of calls, with the names of their parents', async () => {
    const { record, source } = aHome();
    const steps = [
      aCompletedStep(0, {
        name: 'load',
        component: 'load',
        status: 'cached',
        cacheKey: 'key',
        cachedFrom: { run: runId(9), step: 'load' },
      }),
      aCompletedStep(1, {
        name: 'train',
        component: 'train',
        parents: [0],
        parentNames: ['load'],
        parentCount: 1,
        queue: 'gpu',
        tags: ['big'],
        taskType: 'training',
        artifacts: [artifact],
        models: [model],
      }),
    ];
    const run = await record(
      runId(1),
      {},
      { created: steps },
      { status: 'completed', startedAt: 1000, endedAt: 2000 },
    );
    const document = await documentOf(source, run);
    expect(document.startedAt).toBe('1970-01-01T00:00:01.000Z');
    expect(document.steps).toMatchObject([
      {
        name: 'load',
        status: 'cached',
        cacheKey: 'key',
        cachedFrom: { run: runId(9), step: 'load' },
        parents: [],
        attempts: [],
      },
      {
        name: 'train',
        component: 'train',
        parents: ['load'],
        queue: 'gpu',
        tags: ['big'],
        taskType: 'training',
        artifacts: [{ name: 'rows', type: 'json', size: 3, hash: 'abc', preview: '[1]' }],
        models: [{ name: 'forest', size: 9, hash: 'h', framework: 'mljs' }],
      },
    ]);
  });

  it('the document has all parents of a step that has more than its record stores', async () => {
    const { record, source } = aHome();
    const parents = Array.from({ length: 70 }, (_, call) => aCompletedStep(call));
    const first = parents.slice(0, 50);
    const join = aCompletedStep(70, {
      name: 'join',
      component: 'join',
      parents: first.map(({ call }) => call),
      parentNames: first.map(({ name }) => name),
      parentCount: 70,
    });
    const run = await record(
      runId(1),
      {},
      {
        created: [...parents, join],
        edges: parents.map(({ call }) => ({ parent: call, child: 70 })),
      },
      { status: 'completed' },
    );
    const document = await documentOf(source, run);
    expect(document.steps.at(-1)?.parents).toEqual(parents.map(({ name }) => name));
  });

  it('the document has every attempt, with exit code, reason and times', async () => {
    const { record, source } = aHome();
    const failed = {
      ...anAttempt(1),
      status: 'failed' as const,
      exitCode: 7,
      reason: 'exited with 7',
      startedAt: 1000,
      endedAt: 3000,
    };
    const run = await record(
      runId(1),
      {},
      {
        created: [
          aStep(0, {
            status: 'failed',
            attempts: [failed, { ...anAttempt(2), status: 'running' }],
          }),
        ],
      },
      { status: 'running' },
    );
    expect((await documentOf(source, run)).steps[0]?.attempts).toEqual([
      {
        number: 1,
        status: 'failed',
        exitCode: 7,
        reason: 'exited with 7',
        error: null,
        startedAt: '1970-01-01T00:00:01.000Z',
        endedAt: '1970-01-01T00:00:03.000Z',
        artifacts: [],
        models: [],
        hasPlots: false,
      },
      {
        number: 2,
        status: 'running',
        exitCode: null,
        reason: null,
        error: null,
        startedAt: null,
        endedAt: null,
        artifacts: [],
        models: [],
        hasPlots: false,
      },
    ]);
  });

  it('the document groups points of steps and of the run by title and series', async () => {
    const { record, source } = aHome();
    const own = {
      id: 'p',
      points: [{ title: 'acc', series: 'test', iteration: 0, value: 'NaN' as const, at: 5 }],
    };
    const content = {
      created: [aCompletedStep(0, { attempts: [anAttempt(1)] })],
      reports: [aReport(0, 1, 0, [3, 2])],
      runReports: [own],
    };
    const run = await record(runId(1), {}, content, { status: 'completed' });
    const document = await documentOf(source, run);
    const at = '1970-01-01T00:00:00.005Z';
    expect(document.steps[0]?.metrics).toEqual([
      {
        title: 'loss',
        series: 'train',
        points: [
          { iteration: 0, value: 3, at },
          { iteration: 1, value: 2, at },
        ],
      },
    ]);
    expect(document.metrics).toEqual([
      { title: 'acc', series: 'test', step: null, points: [{ iteration: 0, value: 'NaN', at }] },
    ]);
  });

  it('the document has artifacts and models of the run itself, its error and its tags', async () => {
    const { record, source } = aHome();
    const error = {
      name: 'StepFailedError',
      message: 'step train failed',
      step: 'train',
      cause: { name: 'TypeError', message: 'x' },
    };
    const run = await record(
      runId(1),
      {},
      { runOutputs: { artifacts: [{ ...artifact, metadata: { rows: 1 } }], models: [model] } },
      { status: 'failed', error, tags: ['nightly'] },
    );
    expect(await documentOf(source, run)).toMatchObject({
      status: 'failed',
      error,
      tags: ['nightly'],
      artifacts: [{ name: 'rows', metadata: { rows: 1 } }],
      models: [{ name: 'forest' }],
    });
  });

  it.each([
    ['JSON as it is', { a: [1, null, 'x'] }, { a: [1, null, 'x'] }],
    ['no value as null', undefined, null],
    [
      'other values in tagged form',
      { at: new Date(0), big: 12n, not: Number.NaN },
      {
        at: { $type: 'Date', value: '1970-01-01T00:00:00.000Z' },
        big: { $type: 'bigint', value: '12' },
        not: { $type: 'number', value: 'NaN' },
      },
    ],
  ])('the document has the result: %s', async (_title, value, expected) => {
    const { record, source } = aHome();
    const run = await record(
      runId(1),
      {},
      {},
      { status: 'completed', result: toInline(encode(value)) },
    );
    expect((await documentOf(source, run)).result).toEqual(expected);
  });

  it('a large result is read from the objects', async () => {
    const { record, source, objects } = aHome();
    const { hash, size } = await objects.put('p/x/data/result', Buffer.from('[1,2]'));
    const run = await record(
      runId(1),
      {},
      {},
      { status: 'completed', result: { format: 'json', key: 'p/x/data/result', hash, size } },
    );
    expect((await documentOf(source, run)).result).toEqual([1, 2]);
  });

  it('the document is complete for more steps than one page', async () => {
    const { record, source } = aHome();
    const steps = Array.from({ length: 1203 }, (_, call) => aCompletedStep(call));
    const run = await record(runId(1), {}, { created: steps }, { status: 'completed' });
    expect((await documentOf(source, run)).steps.map(({ name }) => name)).toEqual(
      steps.map(({ name }) => name),
    );
  });
});

describe('readable values', () => {
  it.each([
    [
      new Map([['a', new Set([1])]]),
      { $type: 'Map', entries: [['a', { $type: 'Set', values: [1] }]] },
    ],
    [Float64Array.of(1.5, Number.NaN), { $type: 'Float64Array', length: 2, values: [1.5, 'NaN'] }],
    [-0, { $type: 'number', value: '-0' }],
    [[undefined], [{ $type: 'undefined' }]],
  ])('the value %j is readable', async (value, expected) => {
    expect(await readableValue(toInline(encode(value)), aHome().objects)).toEqual(expected);
  });

  it('the first bytes of a value are shown', async () => {
    const shown = await readableValue(
      toInline(encode({ b: new Uint8Array([1, 2, 3]) })),
      aHome().objects,
    );
    expect(shown).toEqual({ b: { $type: 'Uint8Array', length: 3, base64: 'AQID' } });
  });

  it('a file is described instead of printed', async () => {
    const value = { format: 'file', key: 'k', size: 5, hash: 'h', name: 'a.csv' } as const;
    expect(await readableValue(value, aHome().objects)).toEqual({
      $type: 'file',
      size: 5,
      hash: 'h',
      key: 'k',
      name: 'a.csv',
    });
  });
});
