import { describe, expect, it } from 'vitest';
import { createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { Bench } from './harness.ts';
import type { Script } from './logic.ts';

const names = (bench: Bench): string[] => bench.submitted.map((spec) => spec.step);

const script: Script = {
  components: { a: {}, b: {}, c: {} },
  main: async (logic) => {
    const a = await logic.call('a');
    return logic.call('c', logic.call('b', a));
  },
};

/** A run of which b failed, and will succeed from now on. */
async function failed(): Promise<{ bench: Bench; run: RunId; revision: number }> {
  let broken = true;
  const bench = new Bench(script, (spec) =>
    spec.step === 'b' && broken ? new Error('b broke') : 1,
  );
  const run = await bench.start();
  const { head } = await bench.run(run);
  expect(head.status).toBe('failed');
  broken = false;
  return { bench, run, revision: head.revision };
}

describe('a resume that is asked for', () => {
  it('goes on with the run', async () => {
    const { bench, run, revision } = await failed();
    await bench.send({ kind: 'run.resume', run, revision });
    expect((await bench.finish(run)).head.status).toBe('completed');
    expect(names(bench)).toEqual(['a', 'b', 'b', 'c']);
  });

  it('does nothing the second time, in the same batch or after the end (1)', async () => {
    const { bench, run, revision } = await failed();
    const resume = { kind: 'run.resume', run, revision } as const;
    await bench.controller.handle(run, [resume, resume]);
    await bench.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    await bench.send(resume);
    await bench.finish(run);
    const { head } = await bench.run(run);
    await bench.send(resume);
    expect((await bench.run(run)).head.revision).toBe(head.revision);
    expect(names(bench)).toEqual(['a', 'b', 'b', 'c']);
  });

  it('is done again if the controller died of another writer, or just before it began to launch', async () => {
    const { bench, run, revision } = await failed();
    const dies = createController({
      ...bench.ports,
      jobs: { ...bench.ports.jobs, submit: () => Promise.reject(new Error('killed')) },
    });
    await expect(dies.handle(run, [{ kind: 'run.resume', run, revision }])).rejects.toThrow(
      'killed',
    );
    await bench.send({ kind: 'run.resume', run, revision });
    expect((await bench.finish(run)).head.status).toBe('completed');
    expect(names(bench)).toEqual(['a', 'b', 'b', 'c']);
  });
});

describe('a rerun that the controller makes', () => {
  const made = async (
    bench: Bench,
    source: RunId,
    rerunFrom: { step: string; sameCode: boolean },
  ): Promise<RunId> => {
    const info = { ...bench.info({}, '2'.repeat(26)), rerunOf: source, rerunFrom };
    await bench.ports.tasks.createRun(info, newHead(info));
    bench.submitted.length = 0;
    return info.id;
  };

  for (const sameCode of [true, false]) {
    it(`takes over what finished before the step, with ${sameCode ? 'the code of the run' : 'other code'}, whatever message comes first (2)`, async () => {
      for (const first of ['run.created', 'timer.fired'] as const) {
        const bench = new Bench(script);
        const run = await made(bench, await bench.start(), { step: 'b', sameCode });
        const created = { kind: 'run.created', run } as const;
        await bench.send(
          first === 'run.created'
            ? created
            : { kind: first, run, timer: 'sweep', subject: 0, generation: 0 },
        );
        await bench.send(created);
        expect((await bench.finish(run)).head.status).toBe('completed');
        expect(names(bench)).toEqual(['b', 'c']);
        expect((await bench.steps(run))[0]?.name).toBe('a');
      }
    });
  }

  it('fails if the other run is gone', async () => {
    const bench = new Bench(script);
    const source = await bench.start();
    const run = await made(bench, source, { step: 'b', sameCode: true });
    await bench.storage.tasks.remove(source);
    await bench.send({ kind: 'run.created', run });
    expect((await bench.run(run)).head).toMatchObject({
      status: 'failed',
      error: { name: 'UnknownRunError' },
    });
    expect(names(bench)).toEqual([]);
  });
});

describe('a run whose first message was lost', () => {
  it('begins with the timer of its sweep', async () => {
    const bench = new Bench(script);
    const info = bench.info();
    await bench.ports.tasks.createRun(info, newHead(info));
    await bench.send({
      kind: 'timer.fired',
      run: info.id,
      timer: 'sweep',
      subject: 0,
      generation: 0,
    });
    expect((await bench.finish(info.id)).head.status).toBe('completed');
  });
});

describe('tags', () => {
  it('are added and removed, of a run that is over too; what is so already changes nothing', async () => {
    const bench = new Bench(script);
    const run = await bench.start();
    expect((await bench.run(run)).head.status).toBe('completed');
    await bench.send({ kind: 'run.tags', run, add: ['good', 'kept'], remove: [] });
    await bench.send({ kind: 'run.tags', run, add: ['best', 'kept'], remove: ['good', 'absent'] });
    const { head } = await bench.run(run);
    expect({ tags: head.tags, status: head.status }).toEqual({
      tags: ['kept', 'best'],
      status: 'completed',
    });
    await bench.send({ kind: 'run.tags', run, add: ['best'], remove: ['good'] });
    expect((await bench.run(run)).head.revision).toBe(head.revision);
  });
});
