/**
 * The documents of runs and steps in which each field has a value: the client reads all of them.
 *
 * A new field that no record here fills fails the last expectation.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { ErrorRecord } from '../../../src/model/errors.ts';
import type { Step } from '../../../src/model/step.ts';
import { runChangesSchema, runStateSchema } from '../../../src/wire/run-state.ts';
import { runPageSchema, runSchema } from '../../../src/wire/runs.ts';
import {
  cacheExplanationDocumentSchema,
  logicTextPageSchema,
  stepPageSchema,
} from '../../../src/wire/steps.ts';
import { aCompletedStep, aHead, anAttempt, anInfo, aReport } from '../../conformance/records.ts';
import { commit } from './answers-harness.ts';
import { anApi, idOf } from './harness.ts';

const CAUSE: ErrorRecord = { name: 'TypeError', message: 'no number' };
const ERROR: ErrorRecord = {
  name: 'StepFailedError',
  message: 'step train failed',
  stack: 'StepFailedError: step train failed\n    at main.ts:3:7',
  location: { file: 'main.ts', line: 3, column: 7 },
  codeFrame: '> 3 | fail();',
  step: 'train',
  class: 'HeadraceError',
  fields: { attempts: 2 },
  cause: CAUSE,
  errors: [CAUSE],
  value: { format: 'json', text: '1' },
  omitted: ['fields.large'],
};
const metadata = { lr: 0.1 };
const output = {
  ...{ name: 'model', type: 'file', size: 3, hash: 'h', preview: '…', createdAt: 5, metadata },
  value: { format: 'file' as const, key: 'p/x/data/model', size: 3, hash: 'h' },
};
const outputs = { artifacts: [output], models: [{ ...output, framework: 'onnx' }] };
const ORIGIN = { run: idOf(2), step: 'load' };

const STEPS: readonly Step[] = [
  aCompletedStep(0, {
    status: 'failed',
    tags: ['nightly'],
    options: { docker: 'node:20' },
    arguments: [{ name: 'lr', value: '0.1', changedFrom: '0.2' }],
    parentNames: ['load'],
    parentCount: 1,
    cacheKey: 'key',
    cachedFrom: ORIGIN,
    adoptedFrom: ORIGIN,
    usedModel: { project: 'flowers', name: 'iris', version: 1 },
    childRun: { run: idOf(3), pipeline: 'evaluate', number: 3 },
    error: ERROR,
    attempts: [
      {
        ...anAttempt(1),
        ...outputs,
        ...{ status: 'failed', exitCode: 137, signal: 'SIGKILL', reason: 'was killed' },
        ...{ error: ERROR, infrastructure: true, logStream: 'log', hasPlots: true },
        ...{ startedAt: 1, endedAt: 2 },
      },
    ],
    ...outputs,
    startedAt: 1,
    endedAt: 2,
  }),
  aCompletedStep(1, { status: 'pending', waitingFor: 'backoff', retryAt: 9 }),
  aCompletedStep(2, {
    status: 'queued',
    attempts: [
      {
        ...anAttempt(1),
        status: 'queued',
        waiting: { for: 'queue', reason: 'no capacity', at: 3 },
      },
    ],
  }),
];

/** The paths of all fields, and of those that have a value in one of the documents. */
function fieldsOf(value: unknown, path = ''): { all: string[]; filled: string[] } {
  const fields = { all: [] as string[], filled: [] as string[] };
  const add = (each: { all: string[]; filled: string[] }): void => {
    fields.all.push(...each.all);
    fields.filled.push(...each.filled);
  };
  if (Array.isArray(value)) for (const item of value) add(fieldsOf(item, `${path}[]`));
  else if (value !== null && typeof value === 'object')
    for (const [name, field] of Object.entries(value)) {
      const own = `${path}.${name}`;
      fields.all.push(own);
      if (field !== null && !(Array.isArray(field) && field.length === 0)) fields.filled.push(own);
      add(fieldsOf(field, own));
    }
  return fields;
}

const emptyFields = (value: unknown): readonly string[] => {
  const { all, filled } = fieldsOf(value);
  return [...new Set(all)].filter((field) => !filled.includes(field));
};

it('the client reads each field of runs and steps that the API returns', async () => {
  const rate = {
    ...{ dollarsPerSecond: 1, minSeconds: 0, dollarsPerAttempt: 0, requests: 0.1, text: 'Fargate' },
  };
  const harness = await anApi({ costs: { rateOf: () => rate, hasOwnPrices: false } });
  const id = idOf(1);
  const { declaration } = anInfo(id);
  await harness.storage.registry.register({ project: 'examples', name: 'iris' }, '1', 'h', false);
  const parent = {
    ...{ run: idOf(2), pipeline: 'outer', number: 2, step: 'iris', call: 0, depth: 1 },
    job: { name: 'job', index: 0 },
  };
  await harness.storage.tasks.createRun(
    anInfo(id, {
      declaration: { ...declaration, argsMap: { General: ['url'] } },
      encodedArgs: { url: { format: 'json', text: '"x"' } },
      rerunOf: idOf(4),
      parent,
      evaluatedBy: 'caller',
      createdBy: 'mina',
    }),
    aHead(id),
  );
  await commit(
    harness,
    id,
    {
      created: [...STEPS],
      reports: [aReport(0, 1, 0, [1])],
      runReports: [
        {
          id: 'r',
          points: [{ title: 'loss', series: 'run', iteration: 1, value: 2, at: 3 }],
          texts: [{ text: 'of the logic', at: 1 }],
        },
        // The report of a step's monitored metric.
        {
          id: '0.0.1.0',
          points: [{ title: 'loss', series: 'run', iteration: 1, value: 2, at: 3 }],
        },
      ],
    },
    {
      status: 'aborting',
      tags: ['nightly'],
      note: 'the best one',
      callCount: STEPS.length,
      signals: { awaited: ['approve'], received: [], kept: [] },
      result: { format: 'file', key: 'p/x/data/r', size: 3, hash: 'h' },
      error: ERROR,
      abortReason: 'too slow',
      abortedBy: 'logic',
      callbackErrors: ['onEnd: failed'],
      startedAt: 1,
      endedAt: 2,
    },
  );
  const read = async (path: string): Promise<unknown> => {
    const { status, body } = await harness.request('GET', path);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const include = 'include=args,scalars,cost';
  const run = await read(`/v1/runs/${id}?${include}`);
  expect(runSchema.parse(run)).toEqual(run);
  const runs = z.object({ items: z.unknown() }).parse(await read(`/v1/runs?${include}`));
  expect(runPageSchema.shape.items.parse(runs.items)).toEqual(runs.items);
  const steps = z
    .object({ items: z.unknown() })
    .parse(await read(`/v1/runs/${id}/steps?include=metrics`));
  expect(stepPageSchema.shape.items.parse(steps.items)).toEqual(steps.items);
  const cache = await read(`/v1/runs/${id}/steps/0/cache`);
  expect(cacheExplanationDocumentSchema.parse(cache)).toEqual(cache);
  const texts = await read(`/v1/runs/${id}/texts`);
  expect(logicTextPageSchema.parse(texts)).toMatchObject({ items: [{ text: 'of the logic' }] });
  expect([run, runs, steps].flatMap(emptyFields)).toEqual([]);
  const changes = await read(`/v1/runs/${id}/changes?since=0`);
  expect(runChangesSchema.parse(changes)).toEqual(changes);
  const state = await read(`/v1/runs/${id}/state`);
  expect(runStateSchema.parse(state)).toEqual(state);
});
