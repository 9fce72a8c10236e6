import { expect, test } from 'vitest';
import type { Artifact, Model } from '../../../src/model/artifacts.ts';
import { aCompletedStep, anAttempt, aReport } from '../../conformance/records.ts';
import { aRun, commit } from './answers-harness.ts';
import { anApi, registered } from './harness.ts';

const artifact = (createdAt: number): Artifact => ({
  name: 'lone \ud800',
  type: 'file',
  size: 3,
  hash: 'h',
  preview: '',
  value: { format: 'file', key: 'p/x/data/lone\udc00', size: 3, hash: 'h', name: 'a\ud800' },
  createdAt,
});
const model = (createdAt: number): Model => ({
  name: 'm',
  value: { format: 'file', key: 'p/x/data/m', size: 3, hash: 'h' },
  size: 3,
  hash: 'h',
  createdAt,
});

test.each([1e20, -1e20, 8.64e15, -1, 0.5, Number.NaN])(
  'every route shows records whose times are %s',
  async (at) => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const step = aCompletedStep(0, {
      attempts: [{ ...anAttempt(1), queuedAt: at, startedAt: at, endedAt: at, logStream: 'log-1' }],
      artifacts: [artifact(at)],
      models: [model(at)],
      createdAt: at,
      startedAt: at,
      endedAt: at,
    });
    const report = aReport(0, 1, 0, [1]);
    await commit(
      harness,
      id,
      {
        created: [step],
        reports: [
          {
            ...report,
            points: report.points.map((point) => ({ ...point, at })),
            texts: [{ text: 'a', at }],
          },
        ],
        runReports: [{ id: 'a', points: report.points.map((point) => ({ ...point, at })) }],
        runOutputs: { artifacts: [artifact(at)], models: [model(at)] },
      },
      { startedAt: at, endedAt: at },
    );
    const run = `/v1/runs/${id}`;
    for (const path of [
      '/v1/runs',
      run,
      `${run}/artifacts`,
      `${run}/models`,
      `${run}/metrics`,
      `${run}/steps`,
      `${run}/steps?include=metrics`,
      `${run}/steps/0`,
      `${run}/steps/0?include=metrics`,
      `${run}/steps/0/artifacts`,
      `${run}/steps/0/models`,
      `${run}/steps/0/metrics`,
      `${run}/steps/0/texts`,
      `${run}/steps/0/logs`,
      '/v1/models',
    ]) {
      const { status, body } = await harness.request('GET', path);
      expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
      expect(JSON.stringify(body), path).not.toMatch(/"[+-]\d{6}-/);
    }
    expect(harness.failures).toEqual([]);
  },
);

test('a run whose arguments are too large is refused, and the largest argument is named', async () => {
  const harness = await anApi();
  await registered(harness);
  const { status, body } = await harness.request('POST', '/v1/runs', {
    project: 'examples',
    pipeline: 'iris',
    args: { url: 'é'.repeat(2 ** 19) },
  });
  expect(status, JSON.stringify(body)).toBe(422);
  expect(JSON.stringify(body)).toMatch(/1048\d{3} bytes as JSON.*1048576.*instead of url/);
});

test('a run has at most a hundred tags, however many requests add them', async () => {
  const harness = await anApi();
  await registered(harness);
  const id = await aRun(harness);
  const tags = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `tag-${from + n}`);
  await commit(harness, id, {}, { tags: tags(0, 60) });
  const add = (list: readonly string[]) =>
    harness.request('PATCH', `/v1/runs/${id}/tags`, { add: list });
  expect((await add(tags(60, 100))).status).toBe(202);
  const refused = await add(tags(60, 101));
  expect(refused.status).toBe(422);
  expect(JSON.stringify(refused.body)).toContain(
    'the run would have 101 tags, and it may have 100',
  );
});
