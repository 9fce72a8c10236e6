import { describe, expect, it } from 'vitest';
import { selectRun, selectSteps } from '../../../src/cli/select.ts';
import { NotFoundError } from '../../../src/launch/errors.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { aCompletedStep, runId } from '../../conformance/records.ts';
import { aHome, type RecordedHome } from './recorded.ts';

/** Records a run of a registered pipeline, and returns its id. */
async function aRun(
  store: RecordedHome['store'],
  record: RecordedHome['record'],
  n: number,
  project: string,
  pipeline: string,
): Promise<RunId> {
  await store.registry.register({ project, name: pipeline }, '1.0.0', 'hash', false);
  return (await record(runId(n), { project, pipeline }, {}, {})).info.id;
}

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

  it('the latest run is none that another run started, unless its pipeline is named', async () => {
    const { store, record } = aHome();
    const outer = await aRun(store, record, 1, 'demo', 'outer');
    await store.registry.register({ project: 'demo', name: 'inner' }, '1.0.0', 'hash', false);
    const parent = {
      run: outer,
      pipeline: 'outer',
      number: 1,
      step: 'inner',
      call: 0,
      job: { name: 'job', index: 0 },
      depth: 1,
    };
    for (let n = 2; n < 110; n += 1)
      await record(runId(n), { project: 'demo', pipeline: 'inner', parent }, {}, {});
    expect((await selectRun(store, 'latest')).info.id).toBe(outer);
    expect((await selectRun(store, 'inner#latest')).info.id).toBe(runId(109));
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

  it('a run is found by its number in its pipeline, and as the latest of the pipeline', async () => {
    const { store, record } = aHome();
    const iris = await aRun(store, record, 1, 'demo', 'iris');
    const other = await aRun(store, record, 2, 'demo', 'other');
    const second = await aRun(store, record, 3, 'demo', 'iris');
    // A project below has a pipeline of the same name and a newer run.
    const below = await aRun(store, record, 4, 'demo/sub', 'iris');
    const found = async (text: string) => (await selectRun(store, text)).info.id;
    expect(await found('demo/iris#1')).toBe(iris);
    expect(await found('demo/iris #2')).toBe(second);
    expect(await found('other#1')).toBe(other);
    expect(await found('iris#2')).toBe(second);
    expect(await found('demo/iris#latest')).toBe(second);
    expect(await found('demo/sub/iris#latest')).toBe(below);
    expect(await found('other#latest')).toBe(other);
  });

  it.each([
    ['a number that several projects have', 'iris#1', 'write one of demo/iris#1 (0'],
    ['a number above the last', 'demo/iris#2', 'pipeline demo/iris has no run #2'],
    ['a pipeline with a typing error', 'demo/irs#1', 'did you mean demo/iris, team/iris?'],
    ['a pipeline without a number', 'demo/iris', 'demo/iris#latest is the newest'],
    ['no number', 'iris#one', '"one" is no number of a run'],
    ['zero', 'iris#0', '"0" is no number of a run'],
    ['a start of several ids', '01', 'demo/iris#1 (0'],
  ])('the message for %s names what can be written', async (_title, text, message) => {
    const { store, record } = aHome();
    await aRun(store, record, 1, 'demo', 'iris');
    await aRun(store, record, 2, 'team', 'iris');
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
