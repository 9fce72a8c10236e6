import { describe, expect, test } from 'vitest';
import type { Artifact } from '../../../src/model/artifacts.ts';
import * as limits from '../../../src/model/limits.ts';
import { metadataExcess } from '../../../src/model/metadata.ts';
import { readRunnerMessage } from '../../../src/model/spec.ts';
import { truncate } from '../../../src/model/truncate.ts';
import { utf8Length } from '../../../src/model/utf8-length.ts';
import { runId } from '../../conformance/records.ts';

const HASH = 'ab'.repeat(32);
const sender = { run: runId(1), call: 0, attempt: 1, job: 'job-1', token: 'token', at: 5 };
const point = { title: 'loss', series: 'train', iteration: 1, value: 0.5, at: 5 };
const artifact: Artifact = {
  name: 'a',
  type: 'json',
  size: 3,
  hash: HASH,
  preview: '[1]',
  value: { format: 'json', text: '[1]' },
  createdAt: 5,
};
const model = {
  name: 'm',
  value: { format: 'file', key: 'p/a/data/m', size: 3, hash: HASH, name: 'm.onnx' },
  size: 3,
  hash: HASH,
  createdAt: 5,
};
const reported = (report: object, over: object = {}) => ({
  kind: 'reported',
  ...sender,
  sequence: 0,
  report,
  ...over,
});
const finished = (outcome: object) => ({ kind: 'finished', ...sender, outcome });
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const chain = (causes: number): object => ({
  name: 'Error',
  message: 'no',
  ...(causes === 0 ? {} : { cause: chain(causes - 1) }),
});
const x = (length: number): string => 'x'.repeat(length);

describe('a report', () => {
  test.each<[string, object, object]>([
    [
      'a time of a point that no date has',
      { points: [point] },
      { points: [{ ...point, at: 1e20 }] },
    ],
    [
      'a time after the year 9999',
      { points: [{ ...point, at: limits.MAX_TIME_MS }] },
      { points: [{ ...point, at: limits.MAX_TIME_MS + 1 }] },
    ],
    ['a time before 1970', { points: [{ ...point, at: 0 }] }, { points: [{ ...point, at: -1 }] }],
    ['a fraction of a millisecond', { points: [point] }, { points: [{ ...point, at: 0.5 }] }],
    [
      'the time of an artifact',
      { artifacts: [artifact] },
      { artifacts: [{ ...artifact, createdAt: 1e20 }] },
    ],
    ['the time of a model', { models: [model] }, { models: [{ ...model, createdAt: 1e20 }] }],
    [
      'the time of an artifact of the run',
      { onRun: { artifacts: [artifact] } },
      { onRun: { artifacts: [{ ...artifact, createdAt: 1e20 }] } },
    ],
    ['the time of a text', { texts: [{ text: 'a', at: 5 }] }, { texts: [{ text: 'a', at: 1e20 }] }],
    ['a negative size', { artifacts: [artifact] }, { artifacts: [{ ...artifact, size: -1 }] }],
    [
      'a size above the safe integers',
      { artifacts: [{ ...artifact, size: Number.MAX_SAFE_INTEGER }] },
      { artifacts: [{ ...artifact, size: 2 ** 53 }] },
    ],
    ['a hash that is none', { artifacts: [artifact] }, { artifacts: [{ ...artifact, hash: 'h' }] }],
    [
      'a long name',
      { artifacts: [{ ...artifact, name: x(limits.MAX_NAME_LENGTH) }] },
      { artifacts: [{ ...artifact, name: x(limits.MAX_NAME_LENGTH + 1) }] },
    ],
    [
      'a name with a control character',
      { artifacts: [artifact] },
      { artifacts: [{ ...artifact, name: 'a\u001b]0;b' }] },
    ],
    [
      'a long preview',
      { artifacts: [{ ...artifact, preview: x(limits.MAX_PREVIEW_LENGTH) }] },
      { artifacts: [{ ...artifact, preview: x(limits.MAX_PREVIEW_LENGTH + 1) }] },
    ],
    [
      'a long inline value',
      {
        artifacts: [{ ...artifact, value: { format: 'json', text: x(limits.MAX_INLINE_LENGTH) } }],
      },
      {
        artifacts: [
          { ...artifact, value: { format: 'json', text: x(limits.MAX_INLINE_LENGTH + 1) } },
        ],
      },
    ],
    [
      'a long key',
      { models: [{ ...model, value: { ...model.value, key: x(limits.MAX_OBJECT_KEY_LENGTH) } }] },
      {
        models: [{ ...model, value: { ...model.value, key: x(limits.MAX_OBJECT_KEY_LENGTH + 1) } }],
      },
    ],
    [
      'a long file name',
      { models: [{ ...model, value: { ...model.value, name: x(limits.MAX_FILE_NAME_LENGTH) } }] },
      {
        models: [{ ...model, value: { ...model.value, name: x(limits.MAX_FILE_NAME_LENGTH + 1) } }],
      },
    ],
    [
      'a long framework',
      { models: [{ ...model, framework: x(limits.MAX_FRAMEWORK_LENGTH) }] },
      { models: [{ ...model, framework: x(limits.MAX_FRAMEWORK_LENGTH + 1) }] },
    ],
    [
      'large metadata',
      { artifacts: [{ ...artifact, metadata: { a: x(limits.MAX_METADATA_BYTES - 8) } }] },
      { artifacts: [{ ...artifact, metadata: { a: x(limits.MAX_METADATA_BYTES - 7) } }] },
    ],
    [
      'deep metadata',
      { models: [{ ...model, metadata: nested(limits.MAX_METADATA_DEPTH) }] },
      { models: [{ ...model, metadata: nested(limits.MAX_METADATA_DEPTH + 1) }] },
    ],
    [
      'metadata that is a list',
      { models: [{ ...model, metadata: {} }] },
      { models: [{ ...model, metadata: [1] }] },
    ],
    [
      'a long title',
      { points: [{ ...point, title: x(limits.MAX_METRIC_NAME_LENGTH) }] },
      { points: [{ ...point, title: x(limits.MAX_METRIC_NAME_LENGTH + 1) }] },
    ],
    [
      'a long series',
      { points: [{ ...point, series: x(limits.MAX_METRIC_NAME_LENGTH) }] },
      { points: [{ ...point, series: x(limits.MAX_METRIC_NAME_LENGTH + 1) }] },
    ],
    [
      'a long text',
      { texts: [{ text: x(limits.MAX_REPORTED_TEXT_LENGTH), at: 5 }] },
      { texts: [{ text: x(limits.MAX_REPORTED_TEXT_LENGTH + 1), at: 5 }] },
    ],
    [
      'many points',
      { points: Array.from({ length: limits.MAX_REPORT_ITEMS }, () => point) },
      { points: Array.from({ length: limits.MAX_REPORT_ITEMS + 1 }, () => point) },
    ],
    [
      'many artifacts',
      { artifacts: Array.from({ length: limits.MAX_REPORT_ITEMS }, () => artifact) },
      { artifacts: Array.from({ length: limits.MAX_REPORT_ITEMS + 1 }, () => artifact) },
    ],
  ])('a report is rejected for %s, and accepted at the limit', (_, valid, invalid) => {
    expect(readRunnerMessage(reported(valid))).toMatchObject({ ok: true });
    expect(readRunnerMessage(reported(invalid))).toMatchObject({
      ok: false,
      reason: expect.any(String),
    });
  });

  test.each([
    ['the time of the message', { at: 1e20 }],
    ['a long id of a job', { job: x(limits.MAX_ID_LENGTH + 1) }],
    ['a long token', { token: x(limits.MAX_ID_LENGTH + 1) }],
    ['a high number of the report', { sequence: limits.MAX_ATTEMPT_REPORTS + 1 }],
  ])('a report is rejected for %s', (_, over) => {
    expect(readRunnerMessage(reported({}))).toMatchObject({ ok: true });
    expect(readRunnerMessage(reported({}, over))).toMatchObject({ ok: false });
  });

  test('a report with a million items is rejected at once, with a short reason', () => {
    const message = reported({ artifacts: Array.from({ length: 1e6 }, () => 1) });
    const startedAt = performance.now();
    const read = readRunnerMessage(message);
    expect(performance.now() - startedAt).toBeLessThan(100);
    expect(read.ok ? '' : read.reason.length).toBeLessThanOrEqual(limits.MAX_REASON_LENGTH);
  });
});

describe('a result', () => {
  const ok = (over: object) => finished({ ok: true, values: [], artifacts: [], ...over });
  const failed = (over: object) =>
    finished({ ok: false, error: { name: 'Error', message: 'no' }, ...over });

  test.each<[string, object, object]>([
    [
      'many values',
      ok({
        values: Array.from({ length: limits.MAX_RETURN_VALUES }, () => artifact.value),
      }),
      ok({ values: Array.from({ length: limits.MAX_RETURN_VALUES + 1 }, () => artifact.value) }),
    ],
    [
      'the time of an artifact',
      ok({ artifacts: [artifact] }),
      ok({ artifacts: [{ ...artifact, createdAt: 1e20 }] }),
    ],
    [
      'a long message of its error',
      failed({ error: { name: 'E', message: x(limits.MAX_ERROR_MESSAGE_LENGTH) } }),
      failed({ error: { name: 'E', message: x(limits.MAX_ERROR_MESSAGE_LENGTH + 1) } }),
    ],
    [
      'many causes of its error',
      failed({ error: chain(limits.MAX_ERROR_CAUSES) }),
      failed({ error: chain(limits.MAX_ERROR_CAUSES + 1) }),
    ],
    ['a hundred thousand causes', failed({ error: chain(0) }), failed({ error: deepChain() })],
  ])('a result with %s becomes a failure of its attempt with a reason', (_, valid, invalid) => {
    expect(readRunnerMessage(valid)).toEqual({ ok: true, message: valid });
    expect(readRunnerMessage(invalid)).toMatchObject({
      ok: true,
      message: {
        kind: 'finished',
        ...sender,
        outcome: {
          ok: false,
          error: {
            name: 'ResultRejectedError',
            message: expect.stringMatching(/^the result of the step was rejected: ./),
          },
        },
      },
      rejected: expect.any(String),
    });
  });

  test('a result of an unknown sender is dropped', () => {
    expect(readRunnerMessage({ ...ok({ values: 1 }), token: undefined })).toMatchObject({
      ok: false,
    });
  });

  /** JSON text can be nested deeper than functions can call each other. */
  function deepChain(): object {
    let error: object = { name: 'Error', message: 'no' };
    for (let n = 0; n < 100_000; n += 1) error = { name: 'Error', message: 'no', cause: error };
    return error;
  }
});

test('the depth of metadata is checked before its size, whatever the depth', () => {
  let metadata: object = {};
  for (let n = 0; n < 200_000; n += 1) metadata = { a: metadata };
  expect(metadataExcess(metadata)).toMatchObject({ excess: expect.stringContaining('levels') });
});

test('the length of a text in UTF-8 is that of its bytes', () => {
  for (const text of [
    '',
    'abc',
    'é',
    '日本',
    '👍🏽 ok',
    '\ud800',
    'a\udc00b',
    '\ud83d\ud83d\udc4d',
  ])
    expect(utf8Length(text), JSON.stringify(text)).toBe(Buffer.byteLength(text));
});

test('a truncated text has at most the given length, and states the length of the whole', () => {
  expect(truncate('x'.repeat(100), 100)).toBe('x'.repeat(100));
  const short = truncate('x'.repeat(101), 100);
  expect(short).toHaveLength(100);
  expect(short).toMatch(/^x+… \(101 characters in all\)$/);
});
