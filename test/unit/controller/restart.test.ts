import { describe, expect, it } from 'vitest';
import { createRerun } from '../../../src/controller/restart/rerun.ts';
import { resumeRun } from '../../../src/controller/restart/resume.ts';
import { ControllerHarness } from './harness.ts';
import type { Script } from './logic.ts';

const names = (harness: ControllerHarness): string[] =>
  harness.submittedSpecs.map((spec) => spec.step);

describe('resume', () => {
  it('a resume runs failed and skipped steps again, and no completed ones', async () => {
    let broken = true;
    const harness = new ControllerHarness(
      {
        components: { a: {}, b: {}, c: {} },
        main: async (logic) => {
          const a = logic.call('a');
          const b = logic.call('b', a);
          return logic.call('c', b);
        },
      },
      (spec) => (spec.step === 'b' && broken ? new Error('b broke') : 1),
    );
    const run = await harness.start();
    expect((await harness.run(run)).head.status).toBe('failed');
    broken = false;
    await resumeRun(harness.ports, run);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect(names(harness)).toEqual(['a', 'b', 'b', 'c']);
  });

  it('a resumed step stays skipped if one of its parents stays failed and the other now succeeds', async () => {
    const broken = new Set(['a', 'tolerated']);
    const harness = new ControllerHarness(
      {
        components: { a: {}, tolerated: { continueBehaviour: { continueOnFail: true } }, c: {} },
        main: async (logic) => {
          logic.call('c', logic.call('a'), logic.call('tolerated'));
        },
      },
      (spec) => (broken.has(spec.step) ? new Error(`${spec.step} broke`) : 1),
    );
    const run = await harness.start();
    expect((await harness.run(run)).head.status).toBe('failed');
    broken.clear();
    await resumeRun(harness.ports, run);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect(names(harness)).toEqual(['a', 'tolerated', 'a']);
    expect(
      (await harness.steps(run)).map(({ name, status, cause }) => `${name} ${status} ${cause}`),
    ).toEqual(['a completed null', 'tolerated failed null', 'c skipped 1']);
  });

  it('after a resume, equal calls adopt archived steps, and steps that are not called again are superseded', async () => {
    let broken = true;
    const harness = new ControllerHarness(
      {
        components: { a: {}, b: {}, notify: {}, c: {} },
        main: async (logic) => {
          try {
            await logic.call('a');
          } catch (error) {
            await logic.call('notify');
            await logic.call('c', 1);
            throw error;
          }
          return logic.call('c', 1);
        },
      },
      (spec) => (spec.step === 'a' && broken ? new Error('a broke') : 1),
    );
    const run = await harness.start();
    expect(names(harness)).toEqual(['a', 'notify', 'c']);
    broken = false;
    await resumeRun(harness.ports, run);
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.finish(run)).head.status).toBe('completed');
    expect(names(harness)).toEqual(['a', 'notify', 'c', 'a']);
    expect((await harness.steps(run)).map((step) => `${step.name} ${step.status}`)).toEqual([
      'a completed',
      'c completed',
      'notify superseded',
    ]);
  });
});

describe('rerun', () => {
  const script: Script = {
    components: { a: {}, b: {}, c: {} },
    main: async (logic) => {
      const a = await logic.call('a');
      return logic.call('c', logic.call('b', a));
    },
  };

  it('a rerun adopts the finished calls before its first step', async () => {
    const harness = new ControllerHarness(script);
    const run = await harness.start();
    for (const [sameCode, id] of [
      [true, '2'.repeat(26)],
      [false, '3'.repeat(26)],
    ] as const) {
      harness.submittedSpecs.length = 0;
      const info = { ...harness.info({}, id), rerunOf: run };
      await createRerun(harness.ports, run, info, { step: 'b', sameCode });
      await harness.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
      expect((await harness.finish(info.id)).head.status).toBe('completed');
      expect(names(harness)).toEqual(['b', 'c']);
    }
  });

  it('a repeated rerun leaves the run as another process made it', async () => {
    const harness = new ControllerHarness(script);
    const run = await harness.start();
    const info = { ...harness.info({}, '2'.repeat(26)), rerunOf: run };
    const rerun = () => createRerun(harness.ports, run, info, { step: 'b', sameCode: true });
    await rerun();
    await harness.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
    const ended = await harness.finish(info.id);
    expect((await rerun()).head).toEqual(ended.head);
    expect((await harness.run(info.id)).head).toEqual(ended.head);
  });
});
