import { beforeAll, describe, expect, it } from 'vitest';
import { component } from '../../../src/sdk/component.ts';
import { PipelineDecorator } from '../../../src/sdk/decorator.ts';
import {
  LazyUsedAsValueError,
  PipelineRunError,
  ReturnValuesError,
  StepFailedError,
  StepSkippedError,
} from '../../../src/sdk/errors.ts';
import { pipeline } from '../../../src/sdk/pipeline.ts';
import { currentStep } from '../../../src/sdk/step-runtime.ts';
import { double, report, thrown } from './debug-harness.ts';

beforeAll(() => PipelineDecorator.debugPipeline());
const divide = component(
  { returnValues: ['quotient', 'rest'] },
  (n: number, by = 10) => [Math.floor(n / by), n % by] as const,
);
const fail = component(
  { returnValues: ['never'] },
  async function fail(message = 'no'): Promise<number> {
    throw new RangeError(message);
  },
);
const collect = component({}, function collect(values: { list: number[]; by: { name: number } }) {
  return [...values.list, values.by.name];
});

describe('values', () => {
  it('a call of a pipeline resolves to its result, with the Lazies in it awaited', async () => {
    const main = pipeline({}, async function main(n: number, more = 1) {
      const [quotient, rest] = divide(double(n));
      return { quotient, list: [rest, await rest], more, whole: divide(7, 4) };
    });
    expect(await main(21)).toEqual({ quotient: 4, list: [2, 2], more: 1, whole: [1, 3] });
  });

  it('a step receives the values of Lazies that are nested in its arguments', async () => {
    const { result } = await report(() => {
      const four = double(2);
      return collect({ list: [1, four, four], by: { name: double(four) } });
    });
    expect(result).toEqual([1, 4, 4, 8]);
  });

  it('steps start in the order of their calls and are numbered by it', async () => {
    const { steps, result } = await report(async () => {
      const late = double(3);
      const early = double(1);
      return Promise.race([late, early]);
    });
    expect(result).toBe(6);
    expect(steps.map(({ name, parents }) => [name, parents])).toEqual([
      ['double', []],
      ['double_1', []],
    ]);
  });

  it('the use of a Lazy as a value fails the run', async () => {
    const { error } = await report(() => 100 * Number(double(1)));
    expect(error).toBeInstanceOf(LazyUsedAsValueError);
    expect((await report(() => `${double(1) as unknown as string}`)).error).toBeInstanceOf(
      LazyUsedAsValueError,
    );
    expect((await report(() => JSON.stringify({ a: divide(1) }))).error).toMatchObject({
      message: expect.stringContaining('await it first'),
    });
  });

  it('a component without a name has the name of its constant', async () => {
    expect((await report(() => divide(1))).steps[0]?.name).toBe('divide');
  });
});

describe('failure', () => {
  it('an awaited failure throws into the logic, with step, attempts and cause', async () => {
    const { error, status, result } = await report(async () => await fail('boom'));
    expect([status, result]).toEqual(['failed', undefined]);
    expect(error).toBeInstanceOf(StepFailedError);
    expect(error).toMatchObject({
      step: 'fail',
      attempts: 1,
      cause: expect.any(RangeError),
      message: 'step fail failed: boom',
    });
  });

  it('an unhandled failure fails the run; descendants are skipped, other steps continue', async () => {
    const { status, states, error } = await report(() => {
      double(double(fail()));
      return double(4);
    });
    expect(status).toBe('failed');
    expect(states).toEqual({
      fail: 'failed',
      double: 'skipped',
      double_1: 'skipped',
      double_2: 'completed',
    });
    expect(error).toMatchObject({ name: 'StepFailedError', step: 'fail' });
  });

  it('a failure that the logic catches does not fail the run, also through a skipped step', async () => {
    const caught = await report(async () => (await thrown(fail())) instanceof StepFailedError);
    expect([caught.status, caught.result]).toEqual(['completed', true]);
    const skipped = await report(async () => await thrown(double(fail())));
    expect(skipped).toMatchObject({
      status: 'completed',
      result: { name: 'StepSkippedError', step: 'double', because: 'fail' },
    });
    expect(skipped.result).toBeInstanceOf(StepSkippedError);
  });

  it('a failure with continueOnFail does not fail the run, but an await of it throws', async () => {
    const soft = component({ continueOnFail: true }, function soft() {
      throw new Error('soft');
    });
    expect((await report(() => void double(soft() as never))).status).toBe('completed');
    expect((await report(async () => await soft())).status).toBe('failed');
  });

  it('skipChildrenOnFail: false passes undefined to the children of a failed step', async () => {
    const soft = component(
      { continueBehaviour: { continueOnFail: true, skipChildrenOnFail: false } },
      function soft(): number {
        throw new Error('soft');
      },
    );
    const show = component({}, (value: unknown) => String(value));
    expect(await report(() => show(soft()))).toMatchObject({
      status: 'completed',
      result: 'undefined',
    });
  });

  it('retries follow the step’s number, the pipeline’s number or a function', async () => {
    let calls = 0;
    const flaky = (options: object) =>
      component(options, function flaky() {
        calls++;
        if (currentStep().attempt < 3) throw new Error(`attempt ${currentStep().attempt}`);
        return currentStep().attempt;
      });
    expect(await report(() => flaky({ retryOnFailure: 2 })())).toMatchObject({
      result: 3,
      steps: [{ attempts: [{ status: 'failed' }, { status: 'failed' }, { status: 'completed' }] }],
    });
    expect((await report(() => flaky({})(), { retryOnFailure: 5 })).result).toBe(3);
    const seen: unknown[] = [];
    const retryOnFailure = (
      _: unknown,
      node: { status: string; attempt: number },
      retries: number,
    ) => seen.push([node.status, node.attempt, retries]) < 2;
    expect((await report(() => flaky({ retryOnFailure })())).error).toMatchObject({
      attempts: 2,
      message: 'step flaky failed after 2 attempts: attempt 2',
    });
    expect(seen).toEqual([
      ['failed', 1, 0],
      ['failed', 2, 1],
    ]);
    expect(calls).toBe(8);
  });

  it('a step may throw a value that is no Error', async () => {
    const odd = component({}, function odd() {
      throw 42;
    });
    expect((await report(async () => await odd())).error).toMatchObject({
      cause: 42,
      message: 'step odd failed: threw 42, which is not an Error',
    });
  });

  it('the wrong number of return values fails the step', async () => {
    const wrong = component({ returnValues: ['a', 'b'] }, function wrong() {
      return [1, 2, 3] as unknown as readonly [number, number];
    });
    const { error } = await report(async () => await wrong());
    expect(error).toMatchObject({
      cause: expect.any(ReturnValuesError),
      message: expect.stringContaining(
        'must return an array of 2 values, one for each of its returnValues (a, b), but it returned an array of 3',
      ),
    });
  });

  it('abortOnFailure aborts the other steps', async () => {
    const { status, states } = await report(() => void [fail(), double(1)], {
      abortOnFailure: true,
    });
    expect([status, states]).toEqual(['failed', { fail: 'failed', double: 'aborted' }]);
  });

  it('a plain program receives a PipelineRunError with the cause', async () => {
    const error = await thrown(pipeline({ name: 'p' }, async () => await fail('boom'))());
    expect(error).toBeInstanceOf(PipelineRunError);
    expect(error).toMatchObject({
      status: 'failed',
      runId: expect.stringMatching(/^debug-/),
      cause: expect.any(StepFailedError),
    });
  });
});

describe('names of steps in debug mode', () => {
  it('a later call skips the name of another component', async () => {
    const tune = component({ name: 'tune' }, (x: number) => x);
    const tuneOne = component({ name: 'tune_1' }, (x: number) => x);
    const { steps } = await report(async () => [await tuneOne(0), await tune(1), await tune(2)]);
    expect(steps.map(({ name }) => name)).toEqual(['tune_1', 'tune', 'tune_2']);
  });

  it('a component with a blank at the end of its name is refused', async () => {
    const blank = component({ name: 'blank ' }, () => 1);
    const { status, error } = await report(async () => await blank());
    expect(status).toBe('failed');
    expect(String(error)).toContain(
      'option name of component "blank ": a name may not start or end with a blank',
    );
  });
});
