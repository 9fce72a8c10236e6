import { encodeTime } from 'ulid';
import { describe, expect, it } from 'vitest';
import type { ControllerSettings } from '../../../src/controller/context.ts';
import { createRerun } from '../../../src/controller/restart/rerun.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { isAdoptableStep } from '../../../src/controller/steps/adoptable-results.ts';
import { creationTimeOf, runIdSchema } from '../../../src/model/ids.ts';
import { returnValueKey, runPrefixes, specValueKey } from '../../../src/model/object-layout.ts';
import { isStored, type StoredValue } from '../../../src/model/value.ts';
import { newRunId } from '../../../src/submit/run-id.ts';
import { anInfo, aStep } from '../../conformance/records.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import type { Script } from './logic.ts';

const DAY = 86_400_000;
const LIMITS: Partial<ControllerSettings> = { maxActiveMs: 3 * DAY, adoptableMs: 10 * DAY };

const script: Script = {
  components: { a: { cache: true }, b: {} },
  main: async (logic) => logic.call('b', await logic.call('a')),
};

describe('the longest time for which a run is active', () => {
  it('a run that is active for longer fails, with its running job stopped, at the next sweep', async () => {
    const harness = new ControllerHarness(script, () => NO_OUTCOME, undefined, LIMITS);
    const run = await harness.start();
    harness.now += 3 * DAY - 1;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.run(run)).head.status).toBe('running');
    harness.now += 1;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.run(run)).head).toMatchObject({
      status: 'failed',
      error: {
        name: 'RunTimeoutError',
        message: expect.stringContaining('active for 3 days, the longest time in its deployment'),
      },
    });
    expect(harness.terminatedJobs).toHaveLength(1);
    expect(await harness.statuses(run)).toEqual({ a: 'aborted' });
  });

  it('a run that never started fails as well', async () => {
    const harness = new ControllerHarness(script, () => 1, undefined, LIMITS);
    const info = harness.info();
    const { id: run } = info;
    await harness.storage.tasks.createRun(info, newHead(info));
    harness.now += 3 * DAY;
    await harness.send({ kind: 'run.sweep', run, unknownJobsLost: false });
    expect((await harness.run(run)).head.status).toBe('failed');
    expect(harness.submittedSpecs).toEqual([]);
  });

  it('a run is resumed within this time only, and a refused resume does not move its end', async () => {
    let broken = true;
    const harness = new ControllerHarness(
      script,
      (spec) => (spec.step === 'b' && broken ? new Error('b broke') : 1),
      undefined,
      LIMITS,
    );
    const run = await harness.start();
    const { head } = await harness.run(run);
    broken = false;
    harness.now += 3 * DAY;
    await harness.send({ kind: 'run.resume', run, revision: head.revision });
    const refused = (await harness.run(run)).head;
    expect(refused).toMatchObject({
      status: 'failed',
      endedAt: head.endedAt,
      error: { name: 'ResumeTooLateError' },
    });
    harness.now -= 1;
    await harness.send({ kind: 'run.resume', run, revision: refused.revision });
    expect((await harness.run(run)).head.status).toBe('completed');
  });
});

describe('the time in which other runs adopt results', () => {
  const storedBy = (run: string): StoredValue => ({
    format: 'bytes',
    key: returnValueKey(`p/examples/data/${run}/0/1`, 'job', 'v'),
    size: 1,
    hash: 'h',
  });
  const idAt = (time: number) =>
    runIdSchema.parse(`${encodeTime(time)}${'0'.repeat(16)}`.toLowerCase());

  it('the time of creation is in the id of a run', () => {
    for (const time of [0, 1, 1_700_000_000_123, 2 ** 47])
      expect(creationTimeOf(idAt(time))).toBe(time);
    const now = Date.now();
    expect(creationTimeOf(newRunId(now))).toBeGreaterThanOrEqual(now);
  });

  it('a step is as old as the oldest run that wrote one of its values or its arguments', () => {
    const value = storedBy(idAt(5000));
    const args = {
      data: { ...value, key: specValueKey(anInfo(idAt(4000)), 'hash') },
      refs: [],
    };
    const model = { name: 'm', value: storedBy(idAt(3000)), size: 1, hash: 'h', createdAt: 9000 };
    expect(isAdoptableStep(aStep(0, { values: [value] }), 5000)).toBe(true);
    expect(isAdoptableStep(aStep(0, { values: [value] }), 5001)).toBe(false);
    expect(isAdoptableStep(aStep(0, { values: [value], args }), 4000)).toBe(true);
    expect(isAdoptableStep(aStep(0, { values: [value], args }), 4001)).toBe(false);
    expect(isAdoptableStep(aStep(0, { values: [value], models: [model] }), 3001)).toBe(false);
    // Inline values are in the records themselves.
    expect(isAdoptableStep(aStep(0), Number.MAX_SAFE_INTEGER)).toBe(true);
    const unknown = { ...value, key: 'other/key' };
    expect(isAdoptableStep(aStep(0, { values: [unknown] }), 0)).toBe(false);
    expect(isAdoptableStep(aStep(0, { values: [unknown] }), Number.NEGATIVE_INFINITY)).toBe(true);
  });

  it.each([
    [10 * DAY, 'cached', ['b']],
    [10 * DAY + 1, 'completed', ['a', 'b']],
  ])('a result that is %i ms old makes the step %s', async (age, status, executed) => {
    const harness = new ControllerHarness(script, () => 1, undefined, LIMITS);
    const first = idAt(harness.now);
    await harness.start({}, first);
    const [entry] = await harness.storage.cache.entries({});
    if (entry === undefined) throw new Error('there is no entry');
    const value = storedBy(first);
    await harness.storage.objects.put(value.key, Buffer.from('1'));
    const holder = { run: first, call: 0 };
    await harness.storage.cache.publish({ ...entry, values: [value] }, holder);
    harness.now += age;
    harness.submittedSpecs.length = 0;
    const run = await harness.start({}, idAt(harness.now));
    expect((await harness.statuses(run)).a).toBe(status);
    expect(harness.submittedSpecs.map(({ step }) => step)).toEqual(executed);
  });

  it('a rerun stores the arguments of steps that run again anew, whether a callback changed them or not', async () => {
    const text = 'long '.repeat(2000);
    const large: Script = {
      components: { a: {}, b: {} },
      main: async (logic) => logic.call('b', logic.call('a'), text),
    };
    const harness = new ControllerHarness(large);
    const source = await harness.start();
    const info = { ...harness.info({}, '2'.repeat(26)), rerunOf: source };
    await createRerun(harness.ports, source, info, { step: 'b', sameCode: true });
    const [, step] = await harness.steps(info.id);
    const data = step?.args.data;
    if (data === undefined || !isStored(data)) throw new Error('the arguments are not stored');
    expect(runPrefixes(info).some((prefix) => data.key.startsWith(prefix))).toBe(true);
    expect(await harness.storage.objects.exists(data.key)).toBe(true);
  });
});
