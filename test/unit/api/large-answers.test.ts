import { describe, expect, it, vi } from 'vitest';
import { RecordRejectedError } from '../../../src/ports/tasks.ts';
import {
  aCompletedStep,
  aModel,
  anArtifact,
  anAttempt,
  aReport,
} from '../../conformance/records.ts';
import { aRun, commit, pages } from './answers-harness.ts';
import { A_RUN, anApi, registered } from './harness.ts';

/** Requests all pages. The harness checks that Lambda can return each of them. */
async function answersOf(
  harness: Awaited<ReturnType<typeof anApi>>,
  path: string,
  query = 'limit=200',
) {
  const answers: { readonly items: readonly Record<string, unknown>[]; next: string | null }[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body } = await harness.request('GET', `${path}?${query}${cursor}`);
    expect(status).toBe(200);
    const answer = body as (typeof answers)[number];
    answers.push(answer);
    cursor = answer.next === null ? null : `&cursor=${answer.next}`;
  }
  return answers;
}

const notes = 'n'.repeat(60_000);

/** Texts whose JSON has more bytes than characters, or grows when it is escaped again. */
const TEXTS = [
  ['Japanese text', '損失'],
  ['emoji', '📉'],
  ['quotes and backslashes', '"\\'],
  ['control characters', '\u0001\u001f'],
] as const;

/** 50 trainings in a sweep, each with as many points as its document can have. */
async function aSweep(harness: Awaited<ReturnType<typeof anApi>>, text: string) {
  await registered(harness);
  const id = await aRun(harness);
  const calls = Array.from({ length: 50 }, (_, call) => call);
  await commit(harness, id, {
    created: calls.map((call) => aCompletedStep(call, { attempts: [anAttempt(1)] })),
    reports: calls.map((call) => ({
      ...aReport(call, 1, 0, []),
      points: Array.from({ length: 1000 }, (_, iteration) => ({
        title: text.repeat(100 / text.length),
        series: text.repeat(100 / text.length),
        iteration,
        value: 1 / (iteration + 3),
        at: 1_700_000_000_000 + iteration,
      })),
    })),
  });
  return { id, calls };
}

describe('answers with many points', { timeout: 30_000 }, () => {
  it.each(TEXTS.flatMap(([what, text]) => [50, 200].map((limit) => [what, limit, text] as const)))(
    '50 steps with 1,000 points each, of %s, are listed with limit %i',
    async (_, limit, text) => {
      const harness = await anApi();
      const { id, calls } = await aSweep(harness, text);
      const answers = await answersOf(
        harness,
        `/v1/runs/${id}/steps`,
        `include=metrics&limit=${limit}`,
      );
      expect(answers.length).toBeGreaterThan(1);
      const items = answers.flatMap(({ items }) => items);
      expect(items.map(({ call }) => call)).toEqual(calls);
      for (const { points, hasMorePoints } of items)
        expect([Array.isArray(points) && points.length, hasMorePoints]).toEqual([1000, false]);
    },
  );

  it('a page of steps reads no points of steps that it has no room for', async () => {
    const harness = await anApi();
    const { id } = await aSweep(harness, '損失');
    const read = vi.spyOn(harness.storage.tasks, 'points');
    const { body } = await harness.request('GET', `/v1/runs/${id}/steps?include=metrics&limit=200`);
    const { items } = body as { readonly items: readonly unknown[] };
    expect(read.mock.calls.length).toBeLessThan(items.length + 10);
  });
});

describe('answers with large records', { timeout: 30_000 }, () => {
  it('the document of a step has its first artifacts and models, and the numbers of all', async () => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const artifacts = Array.from({ length: 2400 }, (_, n) => anArtifact(`a${n}`));
    await commit(harness, id, { created: [aCompletedStep(0, { artifacts })] });
    const { body } = await harness.request('GET', `/v1/runs/${id}/steps/0`);
    expect(body).toMatchObject({ artifactCount: 2400, modelCount: 0 });
    expect((body as { artifacts: unknown[] }).artifacts).toHaveLength(20);
    const names = await pages(harness, `/v1/runs/${id}/steps/0/artifacts?limit=200`, 'name');
    expect(names.flat()).toEqual(artifacts.map(({ name }) => name));
  });

  it('a page of 200 steps with large errors and artifacts is split, and no step is missing', async () => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const created = Array.from({ length: 200 }, (_, call) =>
      aCompletedStep(call, {
        error: { name: 'Error', message: notes },
        artifacts: [anArtifact('a', { metadata: { notes } })],
      }),
    );
    await commit(harness, id, { created });
    const answers = await answersOf(harness, `/v1/runs/${id}/steps`);
    expect(answers.length).toBeGreaterThan(1);
    const calls = answers.flatMap(({ items }) => items.map(({ call }) => call));
    expect(calls).toEqual(created.map(({ call }) => call));
  });

  it('a page of artifacts with large metadata is split, and no artifact is missing', async () => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const artifacts = Array.from({ length: 150 }, (_, n) =>
      anArtifact(`a${String(n).padStart(3, '0')}`, { metadata: { notes } }),
    );
    await commit(harness, id, {
      created: [aCompletedStep(0, { artifacts })],
      runOutputs: { artifacts, models: [] },
    });
    for (const path of [`/v1/runs/${id}/artifacts`, `/v1/runs/${id}/steps/0/artifacts`]) {
      const answers = await answersOf(harness, path);
      expect(answers.length).toBeGreaterThan(1);
      const names = answers.flatMap(({ items }) => items.map(({ name }) => name));
      expect(names).toEqual(artifacts.map(({ name }) => name));
    }
  });

  it.each(TEXTS)('pages of steps and models with metadata of %s are split', async (_, text) => {
    const harness = await anApi();
    await registered(harness);
    const id = await aRun(harness);
    const metadata = { notes: text.repeat(6000) };
    const created = Array.from({ length: 200 }, (_, call) =>
      aCompletedStep(call, {
        error: { name: 'Error', message: text.repeat(8000) },
        models: [aModel(`m${call}`, { metadata })],
      }),
    );
    await commit(harness, id, { created });
    for (const [path, nameOf] of [
      [`/v1/runs/${id}/steps`, ({ call }: Readonly<Record<string, unknown>>) => `m${call}`],
      ['/v1/models', ({ name }: Readonly<Record<string, unknown>>) => name],
    ] as const) {
      const answers = await answersOf(harness, path);
      expect(answers.length, path).toBeGreaterThan(1);
      expect(answers.flatMap(({ items }) => items.map(nameOf))).toEqual(
        created.map(({ call }) => `m${call}`),
      );
    }
  });

  it('a record that the store refuses each time is answered with 422 and the reason', async () => {
    const harness = await anApi();
    await registered(harness);
    harness.storage.registry.version = async () => {
      throw new RecordRejectedError('a key is too long');
    };
    const { status, body } = await harness.request('POST', '/v1/runs', A_RUN);
    expect(status).toBe(422);
    expect(body).toMatchObject({ detail: expect.stringContaining('a key is too long') });
  });
});
