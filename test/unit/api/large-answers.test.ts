import { describe, expect, it } from 'vitest';
import { RecordRejectedError } from '../../../src/ports/tasks.ts';
import { aCompletedStep, anArtifact } from '../../conformance/records.ts';
import { aRun, commit, pages } from './answers-harness.ts';
import { A_RUN, anApi, registered } from './harness.ts';

/** Characters of JSON: what a Lambda function can answer is 6 MB. */
const MAX_ANSWER_LENGTH = 5_000_000;

/** Requests all pages with the largest limit, and checks that none is too long. */
async function answersOf(harness: Awaited<ReturnType<typeof anApi>>, path: string) {
  const answers: { readonly items: readonly Record<string, unknown>[]; next: string | null }[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body } = await harness.request('GET', `${path}?limit=200${cursor}`);
    expect(status).toBe(200);
    expect(JSON.stringify(body).length).toBeLessThan(MAX_ANSWER_LENGTH);
    const answer = body as (typeof answers)[number];
    answers.push(answer);
    cursor = answer.next === null ? null : `&cursor=${answer.next}`;
  }
  return answers;
}

const notes = 'n'.repeat(60_000);

describe('answers with large records', () => {
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
