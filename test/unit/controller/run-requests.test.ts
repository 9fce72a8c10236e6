import { describe, expect, it } from 'vitest';
import type { ControllerPorts } from '../../../src/controller/context.ts';
import { createController } from '../../../src/controller/controller.ts';
import { resumeRun } from '../../../src/controller/restart/resume.ts';
import { headAfter } from '../../../src/controller/run/head-edits.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { ControllerHarness } from './harness.ts';
import type { Script } from './logic.ts';

const names = (harness: ControllerHarness): string[] =>
  harness.submittedSpecs.map((spec) => spec.step);

const script: Script = {
  components: { a: {}, b: {}, c: {} },
  main: async (logic) => {
    const a = await logic.call('a');
    return logic.call('c', logic.call('b', a));
  },
};

/** A failed run. Its step b succeeds from now on. */
async function aFailedRun(): Promise<{ harness: ControllerHarness; run: RunId; revision: number }> {
  let broken = true;
  const harness = new ControllerHarness(script, (spec) =>
    spec.step === 'b' && broken ? new Error('b broke') : 1,
  );
  const run = await harness.start();
  const { head } = await harness.run(run);
  expect(head.status).toBe('failed');
  broken = false;
  return { harness, run, revision: head.revision };
}

const brokenEvaluator: ControllerPorts['evaluator'] = {
  evaluate: async () => ({
    kind: 'broken',
    error: { name: 'CodeMismatchError', message: 'code is damaged' },
  }),
  drop: () => undefined,
};

/** What a restart starts from. */
async function recordsOf(harness: ControllerHarness, run: RunId) {
  const { eventCount, commandCount, callCount } = (await harness.run(run)).head;
  return {
    counts: { eventCount, commandCount, callCount },
    steps: await harness.steps(run),
    events: await harness.ports.tasks.events(run, 0, 1000),
    signatures: await harness.ports.tasks.signatures(run, 0, 1000),
  };
}

describe('a resume request', () => {
  it('a resume request resumes the run', async () => {
    const { harness, run, revision } = await aFailedRun();
    await harness.send({ kind: 'run.resume', run, revision });
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect(names(harness)).toEqual(['a', 'b', 'b', 'c']);
  });

  it('a repeated resume request changes nothing, in the same batch or after completion (1)', async () => {
    const { harness, run, revision } = await aFailedRun();
    const resume = { kind: 'run.resume', run, revision } as const;
    await harness.controller.handle(run, [resume, resume]);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    await harness.send(resume);
    await harness.finish(run);
    const { head } = await harness.run(run);
    await harness.send(resume);
    expect((await harness.run(run)).head.revision).toBe(head.revision);
    expect(names(harness)).toEqual(['a', 'b', 'b', 'c']);
  });

  it('a resume whose logic cannot be replayed fails the run, and the next resume finds it unchanged (3)', async () => {
    const { harness, run, revision } = await aFailedRun();
    const damaged = createController({ ...harness.ports, evaluator: brokenEvaluator });
    const before = await recordsOf(harness, run);
    await damaged.handle(run, [{ kind: 'run.resume', run, revision }]);
    await damaged.handle(run, [{ kind: 'run.resume', run, revision }]);
    const { head } = await harness.run(run);
    expect(head).toMatchObject({ status: 'failed', revision: revision + 1 });
    expect(head.error).toMatchObject({
      name: 'LogicReplayError',
      message: `the logic of run ${run} cannot be replayed, so nothing was restarted: CodeMismatchError: code is damaged`,
    });
    expect(await recordsOf(harness, run)).toEqual(before);
    await harness.send({ kind: 'run.resume', run, revision: head.revision });
    expect((await harness.finish(run)).head).toMatchObject({ status: 'completed', error: null });
    expect(names(harness)).toEqual(['a', 'b', 'b', 'c']);
  });

  it('a resume request is repeated if the controller crashed before it launched a job', async () => {
    const { harness, run, revision } = await aFailedRun();
    const crashing = createController({
      ...harness.ports,
      jobs: { ...harness.ports.jobs, submit: () => Promise.reject(new Error('crashed')) },
    });
    await expect(crashing.handle(run, [{ kind: 'run.resume', run, revision }])).rejects.toThrow(
      'crashed',
    );
    await harness.send({ kind: 'run.resume', run, revision });
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect(names(harness)).toEqual(['a', 'b', 'b', 'c']);
  });
});

describe('the request of a rerun', () => {
  const createRerun = async (
    harness: ControllerHarness,
    source: RunId,
    rerunFrom: { step: string; sameCode: boolean },
  ): Promise<RunId> => {
    const info = { ...harness.info({}, '2'.repeat(26)), rerunOf: source, rerunFrom };
    await harness.ports.tasks.createRun(info, newHead(info));
    harness.submittedSpecs.length = 0;
    return info.id;
  };

  for (const sameCode of [true, false]) {
    it(`a rerun with ${sameCode ? 'the same' : 'other'} code adopts finished calls, with any first message (2)`, async () => {
      for (const first of ['run.created', 'timer.fired'] as const) {
        const harness = new ControllerHarness(script);
        const run = await createRerun(harness, await harness.start(), { step: 'b', sameCode });
        const created = { kind: 'run.created', run } as const;
        await harness.send(
          first === 'run.created'
            ? created
            : { kind: first, run, timer: 'sweep', subject: 0, generation: 0 },
        );
        await harness.send(created);
        expect((await harness.finish(run)).head.status).toBe('completed');
        expect(names(harness)).toEqual(['b', 'c']);
        expect((await harness.steps(run))[0]?.name).toBe('a');
      }
    });
  }

  it('a rerun whose logic cannot be replayed fails', async () => {
    const harness = new ControllerHarness(script);
    const run = await createRerun(harness, await harness.start(), { step: 'b', sameCode: true });
    const damaged = createController({ ...harness.ports, evaluator: brokenEvaluator });
    await damaged.handle(run, [{ kind: 'run.created', run }]);
    expect((await harness.run(run)).head).toMatchObject({
      status: 'failed',
      error: { name: 'LogicReplayError' },
    });
    expect(names(harness)).toEqual([]);
  });

  it('a rerun of a removed run fails', async () => {
    const harness = new ControllerHarness(script);
    const source = await harness.start();
    const run = await createRerun(harness, source, { step: 'b', sameCode: true });
    await harness.storage.tasks.remove(source);
    await harness.send({ kind: 'run.created', run });
    expect((await harness.run(run)).head).toMatchObject({
      status: 'failed',
      error: { name: 'UnknownRunError' },
    });
    expect(names(harness)).toEqual([]);
  });
});

describe('a run whose first message was lost', () => {
  it('a run whose first message was lost starts with the timer of its sweep', async () => {
    const harness = new ControllerHarness(script);
    const info = harness.info();
    await harness.ports.tasks.createRun(info, newHead(info));
    await harness.send({
      kind: 'timer.fired',
      run: info.id,
      timer: 'sweep',
      subject: 0,
      generation: 0,
    });
    expect((await harness.finish(info.id)).head.status).toBe('completed');
  });
});

describe('changes of tags', () => {
  it('tags of a terminal run are added and removed; a change without effect is not committed', async () => {
    const harness = new ControllerHarness(script);
    const run = await harness.start();
    expect((await harness.run(run)).head.status).toBe('completed');
    await harness.send({ kind: 'run.tags', run, add: ['good', 'stable'], remove: [] });
    await harness.send({
      kind: 'run.tags',
      run,
      add: ['best', 'stable'],
      remove: ['good', 'absent'],
    });
    const { head } = await harness.run(run);
    expect({ tags: head.tags, status: head.status }).toEqual({
      tags: ['stable', 'best'],
      status: 'completed',
    });
    await harness.send({ kind: 'run.tags', run, add: ['best'], remove: ['good'] });
    expect((await harness.run(run)).head.revision).toBe(head.revision);
  });
});

describe('the note of a run, and its archiving', () => {
  it('a change is made once, however often and late it arrives', async () => {
    const harness = new ControllerHarness(script);
    const run = await harness.start();
    const change = { kind: 'run.annotations', run, note: 'the best', archived: true } as const;
    await harness.send(change, change);
    const { head } = await harness.run(run);
    expect(head).toMatchObject({ status: 'completed', note: 'the best', archived: true });
    await harness.send(change);
    expect((await harness.run(run)).head.revision).toBe(head.revision);
    await harness.send({ kind: 'run.annotations', run, archived: false });
    expect((await harness.run(run)).head).toMatchObject({ note: 'the best' });
    expect((await harness.run(run)).head.archived).toBeUndefined();
    await harness.send({ kind: 'run.annotations', run, note: null });
    expect((await harness.run(run)).head.note).toBeUndefined();
  });

  it('a run that a resume continued before the request arrived is not archived, and has its note', async () => {
    const { harness, run, revision } = await aFailedRun();
    await harness.send({ kind: 'run.annotations', run, note: 'mended', archived: true });
    const archived = await harness.run(run);
    expect(archived.head).toMatchObject({ archived: true, revision: revision + 1 });
    const { tasks } = harness.ports;
    await resumeRun(harness.ports, run);
    const resumed = await tasks.run(run);
    expect(resumed?.head).toMatchObject({ status: 'running', note: 'mended' });
    expect(resumed?.head.archived).toBeUndefined();
    expect(resumed && headAfter(resumed.head, { kind: 'run.annotations', archived: true })).toBe(
      undefined,
    );
  });
});
