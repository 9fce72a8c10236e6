import { describe, expect, it } from 'vitest';
import { type Commit, RecordRejectedError } from '../../../src/ports/tasks.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { anArtifact } from '../../conformance/records.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';

/** Records in memory that refuse each commit of a step with an artifact named `huge`. */
function refusingStorage() {
  const storage = createMemoryStorage();
  const { tasks } = storage;
  const commit = tasks.commit.bind(tasks);
  tasks.commit = async (id, content: Commit) => {
    const steps = [...content.created, ...content.changed];
    if (steps.some(({ artifacts }) => artifacts.some(({ name }) => name === 'huge')))
      throw new RecordRejectedError('the step is too large');
    await commit(id, content);
  };
  return storage;
}

describe('a record that the store refuses', () => {
  async function aRefusedRun() {
    const harness = new ControllerHarness(
      {
        components: { a: {}, b: {} },
        main: async (logic) => void (await Promise.all([logic.call('a'), logic.call('b')])),
      },
      () => NO_OUTCOME,
      refusingStorage(),
    );
    const run = await harness.start();
    const [spec] = harness.submittedSpecs;
    const message = {
      kind: 'reported' as const,
      run,
      call: 0,
      attempt: 1,
      job: `${harness.submittedGroups[0]}:0`,
      token: spec?.token ?? '',
      sequence: 0,
      report: {
        points: [],
        texts: [],
        artifacts: [anArtifact('huge')],
        models: [],
        onRun: { artifacts: [], models: [] },
      },
      at: harness.now,
    };
    return { harness, run, message };
  }

  it('the run fails with the reason, and its jobs are terminated', async () => {
    const { harness, run, message } = await aRefusedRun();
    await harness.send(message);
    const { head } = await harness.run(run);
    expect(head.status).toBe('failed');
    expect(head.error?.name).toBe('RecordRejectedError');
    expect(head.error?.message).toContain('the step is too large');
    expect(new Set(harness.terminatedJobs).size).toBe(2);
    expect(await harness.statuses(run)).toEqual({ a: 'aborted', b: 'aborted' });
  });

  it('the message counts once: repeated behind the end, it changes nothing', async () => {
    const { harness, run, message } = await aRefusedRun();
    await harness.send(message);
    const { head } = await harness.run(run);
    await harness.send(message);
    expect((await harness.run(run)).head).toEqual(head);
  });
});
