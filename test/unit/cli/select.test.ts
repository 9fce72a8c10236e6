import { describe, expect, it } from 'vitest';
import { selectRun, selectSteps } from '../../../src/cli/select.ts';
import { NotFoundError } from '../../../src/launch/errors.ts';
import { aCompletedStep, runId } from '../../conformance/records.ts';
import { aHome } from './recorded.ts';

describe('the selection of a run', () => {
  it('a run is found by its id in any case, by a unique start of the id, and as the latest', async () => {
    const { store, record } = aHome();
    await record(runId(1), {}, {}, {});
    await record(runId(2), {}, {}, {});
    for (const text of [runId(2), runId(2).toUpperCase(), 'latest'])
      expect((await selectRun(store, text)).info.id).toBe(runId(2));
    await record(runId(3_000_000), {}, {}, {});
    expect((await selectRun(store, runId(3_000_000).slice(0, 21))).info.id).toBe(runId(3_000_000));
  });

  it.each([
    ['an unknown id', '01zz', 'there is no run "01zz"'],
    ['no id at all', 'my run', 'there is no run "my run"'],
    ['wildcards', '%', 'there is no run "%"'],
    ['the start of several ids', '01hx', 'several runs start with "01hx"'],
  ])("a run's name is rejected: %s", async (_title, text, message) => {
    const { store, record } = aHome();
    await record(runId(1), {}, {}, {});
    await record(runId(2), {}, {}, {});
    const refusal = selectRun(store, text);
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toBeInstanceOf(NotFoundError);
  });

  it('an empty home is reported', async () => {
    await expect(selectRun(aHome().store, 'latest')).rejects.toThrow('there are no runs yet');
  });
});

describe('steps by name', () => {
  it('a name selects the step of that name, else all calls of the component', async () => {
    const { store, record } = aHome();
    const steps = [
      aCompletedStep(0, { name: 'train', component: 'train' }),
      aCompletedStep(1, { name: 'train_1', component: 'train' }),
      aCompletedStep(2, { name: 'final', component: 'fit' }),
    ];
    const run = await record(runId(1), {}, { created: steps }, {});
    const names = async (name: string) =>
      (await selectSteps(store, run.info.id, name)).map((step) => step.name);
    expect(await names('train')).toEqual(['train']);
    expect(await names('train_1')).toEqual(['train_1']);
    expect(await names('fit')).toEqual(['final']);
    await expect(names('nope')).rejects.toThrow('has no step "nope"');
  });
});
