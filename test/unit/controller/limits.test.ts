import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../../src/model/artifacts.ts';
import {
  MAX_METADATA_BYTES,
  MAX_STEP_ARTIFACTS,
  MAX_STEP_OUTPUT_BYTES,
  MAX_STORED_RESULT_BYTES,
} from '../../../src/model/limits.ts';
import { resultKey } from '../../../src/model/object-layout.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';

const SCRIPT = {
  components: { a: { retryOnFailure: 1 } },
  main: async (logic: Parameters<ConstructorParameters<typeof ControllerHarness>[0]['main']>[0]) =>
    logic.call('a'),
};

const artifact = (name: string, metadata?: Artifact['metadata']): Artifact => ({
  name,
  type: 'json',
  size: 1,
  hash: 'ab'.repeat(32),
  preview: '1',
  value: { format: 'json', text: '1' },
  ...(metadata === undefined ? {} : { metadata }),
  createdAt: 5,
});

async function aRunningStep() {
  const harness = new ControllerHarness(SCRIPT, () => NO_OUTCOME);
  const run = await harness.start();
  const [group = ''] = harness.submittedGroups;
  const job = `${group}:0`;
  const sender = { run, call: 0, attempt: 1, job, token: `token of ${group}`, at: harness.now };
  let sequence = 0;
  const report = (artifacts: readonly Artifact[]) =>
    harness.send({
      kind: 'reported',
      ...sender,
      sequence: sequence++,
      report: {
        points: [],
        texts: [],
        artifacts: [...artifacts],
        models: [],
        onRun: { artifacts: [], models: [] },
      },
    });
  const step = async () => (await harness.storage.tasks.steps(run, [0]))[0];
  return { harness, run, job, sender, report, step };
}

describe('the artifacts of a step', () => {
  it('a report that exceeds the number of artifacts fails its attempt, and its job is stopped', async () => {
    const { harness, job, report, step } = await aRunningStep();
    for (let from = 0; from < MAX_STEP_ARTIFACTS; from += 500)
      await report(Array.from({ length: 500 }, (_, n) => artifact(`a${from + n}`)));
    await report([artifact('a0')]);
    expect(await step()).toMatchObject({ status: 'running' });
    expect((await step())?.artifacts).toHaveLength(MAX_STEP_ARTIFACTS);
    await report([artifact('one too many')]);
    expect((await step())?.attempts[0]).toMatchObject({
      status: 'failed',
      error: {
        name: 'ResultRejectedError',
        message: expect.stringContaining('10001 artifacts, and it may have 10000'),
      },
    });
    expect(harness.terminatedJobs).toContain(job);
    expect((await step())?.artifacts).toHaveLength(MAX_STEP_ARTIFACTS);
    expect(JSON.stringify(harness.statusEvents)).toContain('a report of step a was rejected');
  });

  it('a report that exceeds the size of all records fails its attempt', async () => {
    const { report, step } = await aRunningStep();
    const large = { text: 'x'.repeat(MAX_METADATA_BYTES - 100) };
    const fitting = Math.floor(MAX_STEP_OUTPUT_BYTES / (MAX_METADATA_BYTES + 1000));
    await report(Array.from({ length: fitting }, (_, n) => artifact(`a${n}`, large)));
    expect(await step()).toMatchObject({ status: 'running' });
    await report([artifact('b', large), artifact('c', large)]);
    expect((await step())?.attempts[0]?.reason).toMatch(
      /the records of the step's artifacts and models would have \d+ bytes/,
    );
  });

  it('a result with another number of values than the component returns fails its attempt', async () => {
    const { harness, sender, step } = await aRunningStep();
    await harness.send({
      kind: 'finished',
      ...sender,
      outcome: { ok: true, values: [], artifacts: [] },
    });
    expect((await step())?.attempts[0]?.reason).toContain(
      'it has 0 values, and the component returns 1',
    );
  });
});

describe('a stored result that the sweep finds', () => {
  it.each([
    ['is too large', 'x'.repeat(MAX_STORED_RESULT_BYTES + 1), /has 4194305 bytes, and at most/],
    ['is not JSON', '{', /is not JSON/],
    ['is no message', '{"kind":"finished"}', /rejected: ./],
  ])('a result that %s fails its attempt with the reason', async (_, content, reason) => {
    const { harness, run, job, step } = await aRunningStep();
    const [spec] = harness.submittedSpecs;
    await harness.storage.objects.put(
      resultKey(spec?.outputPrefix ?? '', job),
      Buffer.from(content),
    );
    harness.loseJob(job);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    harness.now += 60_000;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    const [attempt] = (await step())?.attempts ?? [];
    expect(attempt).toMatchObject({ status: 'failed', reason: expect.stringMatching(reason) });
    expect(attempt?.infrastructure).toBeUndefined();
  });
});
