/**
 * Runs with very many artifacts, in the simulated deployment, whose tables have the limits of
 * DynamoDB.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { CountedDeployment } from '../../../bench/aws/deployment/counted-deployment.ts';
import { client, start } from '../../../bench/aws/deployment/pipelines.ts';
import type { Work } from '../../../bench/aws/deployment/steps.ts';
import { listAll } from '../../../src/client/client.ts';
import { anArtifact } from '../../conformance/records.ts';

let deployment: CountedDeployment | undefined;
afterEach(() => deployment?.close());

/** An artifact with a preview that does not compress. */
const artifact = (name: string) =>
  anArtifact(name, {
    hash: createHash('sha256').update(name).digest('hex'),
    preview: createHash('sha512').update(name).digest('base64').repeat(2),
  });

/** Artifacts for report `sequence` of call `call`. */
const artifacts = (call: number, sequence: number, count: number) =>
  Array.from({ length: count }, (_, n) => artifact(`${call}.${sequence}.${n}`));

async function completedRun(steps: number, work: Omit<Work, 'durationMs'>): Promise<string> {
  deployment = new CountedDeployment({ workOf: () => ({ durationMs: 1000, ...work }) });
  const id = await start('chain', steps);
  await deployment.complete(id);
  return id;
}

test('a step with 2,400 artifacts completes, and its artifacts are listed', {
  timeout: 240_000,
}, async () => {
  const id = await completedRun(2, {
    reports: 12,
    reportOf: (spec, sequence) => ({ artifacts: artifacts(spec.call, sequence, 200) }),
  });
  const { items } = await client.steps(id);
  expect(items.map(({ artifactCount }) => artifactCount)).toEqual([2401, 2401]);
  const listed = await listAll((cursor) => client.stepArtifacts(id, 1, { limit: 200, ...cursor }));
  expect(new Set(listed.map(({ name }) => name)).size).toBe(2401);
});

test('a run of 40 steps that record 50 artifacts each on the run completes', {
  timeout: 240_000,
}, async () => {
  const id = await completedRun(40, {
    reports: 1,
    reportOf: (spec, sequence) => ({
      onRun: { artifacts: artifacts(spec.call, sequence, 50), models: [] },
    }),
  });
  const listed = await listAll((cursor) => client.runArtifacts(id, { limit: 200, ...cursor }));
  expect(new Set(listed.map(({ name }) => name)).size).toBe(2000);
});
