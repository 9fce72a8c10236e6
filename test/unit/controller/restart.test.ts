import { describe, expect, it } from 'vitest';
import { createRerun } from '../../../src/controller/restart/rerun.ts';
import { resumeRun } from '../../../src/controller/restart/resume.ts';
import { Bench } from './harness.ts';
import type { Script } from './logic.ts';

const names = (bench: Bench): string[] => bench.submitted.map((spec) => spec.step);

describe('resume', () => {
  it('runs again what failed and what was skipped because of it, and nothing that completed', async () => {
    let broken = true;
    const bench = new Bench(
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
    const run = await bench.start();
    expect((await bench.run(run)).head.status).toBe('failed');
    broken = false;
    await resumeRun(bench.ports, run);
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await bench.finish(run)).head.status).toBe('completed');
    expect(names(bench)).toEqual(['a', 'b', 'b', 'c']);
  });

  it('skips a step again, for the parent that stays failed, if another that failed before it now succeeds', async () => {
    const broken = new Set(['a', 'tolerated']);
    const bench = new Bench(
      {
        components: { a: {}, tolerated: { continueBehaviour: { continueOnFail: true } }, c: {} },
        main: async (logic) => {
          logic.call('c', logic.call('a'), logic.call('tolerated'));
        },
      },
      (spec) => (broken.has(spec.step) ? new Error(`${spec.step} broke`) : 1),
    );
    const run = await bench.start();
    expect((await bench.run(run)).head.status).toBe('failed');
    broken.clear();
    await resumeRun(bench.ports, run);
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await bench.finish(run)).head.status).toBe('completed');
    expect(names(bench)).toEqual(['a', 'tolerated', 'a']);
    expect(
      (await bench.steps(run)).map(({ name, status, cause }) => `${name} ${status} ${cause}`),
    ).toEqual(['a completed null', 'tolerated failed null', 'c skipped 1']);
  });

  it('takes over what a changed course asks for again, and supersedes what it does not', async () => {
    let broken = true;
    const bench = new Bench(
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
    const run = await bench.start();
    expect(names(bench)).toEqual(['a', 'notify', 'c']);
    broken = false;
    await resumeRun(bench.ports, run);
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await bench.finish(run)).head.status).toBe('completed');
    expect(names(bench)).toEqual(['a', 'notify', 'c', 'a']);
    expect((await bench.steps(run)).map((step) => `${step.name} ${step.status}`)).toEqual([
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

  it('takes over the finished calls before the step it begins from', async () => {
    const bench = new Bench(script);
    const run = await bench.start();
    for (const [sameCode, id] of [
      [true, '2'.repeat(26)],
      [false, '3'.repeat(26)],
    ] as const) {
      bench.submitted.length = 0;
      const info = { ...bench.info({}, id), rerunOf: run };
      await createRerun(bench.ports, run, info, { step: 'b', sameCode });
      await bench.send({ kind: 'run.sweep', run: info.id, unknownJobsLost: false });
      expect((await bench.finish(info.id)).head.status).toBe('completed');
      expect(names(bench)).toEqual(['b', 'c']);
    }
  });
});
