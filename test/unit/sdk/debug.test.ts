import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArtifactFile } from '../../../src/sdk/artifact-file.ts';
import { component } from '../../../src/sdk/component.ts';
import { PipelineDecorator } from '../../../src/sdk/decorator.ts';
import {
  DeclarationError,
  LazyUsedAsValueError,
  MissingParentError,
  NestedComponentError,
  NestedPipelineError,
  OutsidePipelineError,
  OutsideStepError,
  PipelineRunError,
  ReturnValuesError,
  StepFailedError,
  StepSkippedError,
} from '../../../src/sdk/errors.ts';
import { PIPELINE_HANDLE, type PipelineHandle, pipeline } from '../../../src/sdk/pipeline.ts';
import { sleep } from '../../../src/sdk/sleep.ts';
import { currentStep } from '../../../src/sdk/step-runtime.ts';
import type { AnyFunction } from '../../../src/sdk/types.ts';

beforeAll(() => PipelineDecorator.debugPipeline());

/** Runs a function as a pipeline's logic and returns the report. */
async function report(
  fn: AnyFunction,
  options: Parameters<typeof pipeline>[0] = {},
  ...args: unknown[]
) {
  const lines: string[] = [];
  const made = pipeline({ name: 'test', ...options }, fn) as unknown as {
    [PIPELINE_HANDLE]: PipelineHandle;
  };
  const statuses: string[] = [];
  const run = await made[PIPELINE_HANDLE].debug(args, {
    print: (line) => lines.push(line),
    onStatus: (step, previous) => statuses.push(`${step.name} ${previous} → ${step.status}`),
  });
  return {
    ...run,
    lines,
    statuses,
    states: Object.fromEntries(run.steps.map(({ name, status }) => [name, status])),
  };
}

async function thrown(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

const double = component({ returnValues: ['doubled'] }, function double(n: number) {
  return n * 2;
});
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
  it('a pipeline called resolves to its result, with Lazies in it awaited', async () => {
    const main = pipeline({}, async function main(n: number, more = 1) {
      const [quotient, rest] = divide(double(n));
      return { quotient, list: [rest, await rest], more, whole: divide(7, 4) };
    });
    expect(await main(21)).toEqual({ quotient: 4, list: [2, 2], more: 1, whole: [1, 3] });
  });

  it('Lazies nested in arguments arrive as values', async () => {
    const { result } = await report(() => {
      const four = double(2);
      return collect({ list: [1, four, four], by: { name: double(four) } });
    });
    expect(result).toEqual([1, 4, 4, 8]);
  });

  it('steps run in the order of their calls, and are named by them', async () => {
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

  it('a Lazy is not its value', async () => {
    const { error } = await report(() => 100 * Number(double(1)));
    expect(error).toBeInstanceOf(LazyUsedAsValueError);
    expect((await report(() => `${double(1) as unknown as string}`)).error).toBeInstanceOf(
      LazyUsedAsValueError,
    );
    expect((await report(() => JSON.stringify({ a: divide(1) }))).error).toMatchObject({
      message: expect.stringContaining('await it first'),
    });
  });

  it('a component without a name has that of its constant', async () => {
    expect((await report(() => divide(1))).steps[0]?.name).toBe('divide');
  });
});

describe('failure', () => {
  it('an awaited one throws into the logic, with step, attempts and cause', async () => {
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

  it('one that nobody looks at fails the run; unconnected steps go on, descendants are skipped', async () => {
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

  it('a handled one does not fail the run, nor one handled through a skipped step', async () => {
    const caught = await report(async () => (await thrown(fail())) instanceof StepFailedError);
    expect([caught.status, caught.result]).toEqual(['completed', true]);
    const skipped = await report(async () => await thrown(double(fail())));
    expect(skipped).toMatchObject({
      status: 'completed',
      result: { name: 'StepSkippedError', step: 'double', because: 'fail' },
    });
    expect(skipped.result).toBeInstanceOf(StepSkippedError);
  });

  it('continueOnFail is tolerated, and awaiting it still throws', async () => {
    const soft = component({ continueOnFail: true }, function soft() {
      throw new Error('soft');
    });
    expect((await report(() => void double(soft() as never))).status).toBe('completed');
    expect((await report(async () => await soft())).status).toBe('failed');
  });

  it('skipChildrenOnFail: false lets children run with undefined', async () => {
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

  it('retries: a number, the pipeline’s number, a function', async () => {
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

  it('what is thrown need not be an Error', async () => {
    const odd = component({}, function odd() {
      throw 42;
    });
    expect((await report(async () => await odd())).error).toMatchObject({
      cause: 42,
      message: 'step odd failed: 42',
    });
  });

  it('the wrong number of return values', async () => {
    const wrong = component({ returnValues: ['a', 'b'] }, function wrong() {
      return [1, 2, 3] as unknown as readonly [number, number];
    });
    const { error } = await report(async () => await wrong());
    expect(error).toMatchObject({
      cause: expect.any(ReturnValuesError),
      message: expect.stringContaining(
        'must return an array of 2 values (a, b), and returned an array of 3',
      ),
    });
  });

  it('abortOnFailure stops the rest', async () => {
    const { status, states } = await report(() => void [fail(), double(1)], {
      abortOnFailure: true,
    });
    expect([status, states]).toEqual(['failed', { fail: 'failed', double: 'aborted' }]);
  });

  it('a plain program gets a PipelineRunError with the cause', async () => {
    const error = await thrown(pipeline({ name: 'p' }, async () => await fail('boom'))());
    expect(error).toBeInstanceOf(PipelineRunError);
    expect(error).toMatchObject({
      status: 'failed',
      runId: expect.stringMatching(/^debug-/),
      cause: expect.any(StepFailedError),
    });
  });
});

describe('callbacks', () => {
  it('see every change, in order', async () => {
    const log: unknown[] = [];
    const watched = component(
      {
        preExecuteCallback: (run, node, params) => {
          log.push(['pre', run.name, run.args, node.status, { ...params }]);
          Object.assign(params, { n: 20 });
        },
        postExecuteCallback: (_, node) => void log.push(['post', node.status]),
        statusChangeCallback: (_, node, previous) => void log.push([previous, node.status]),
      },
      function watched(n: number, factor = 2) {
        return n * factor;
      },
    );
    const { result, statuses } = await report((x: number) => watched(double(x)), {}, 5);
    expect(result).toBe(40);
    expect(log).toEqual([
      ['pre', 'test', { x: 5 }, 'pending', { n: 10 }],
      ['pending', 'queued'],
      ['queued', 'running'],
      ['running', 'completed'],
      ['post', 'completed'],
    ]);
    expect(statuses.filter((line) => line.startsWith('watched'))).toHaveLength(3);
  });

  it('false skips the step and what depends on it, which does not fail the run', async () => {
    const never = component({ preExecuteCallback: () => false }, function never() {
      return 1;
    });
    const { status, states } = await report(() => void double(never()));
    expect([status, states]).toEqual(['completed', { never: 'skipped', double: 'skipped' }]);
  });

  it('one that throws is told of and changes nothing', async () => {
    const sturdy = component(
      {
        preExecuteCallback: () => {
          throw new Error('oops');
        },
      },
      () => 1,
    );
    const { result, lines } = await report(() => sturdy());
    expect(result).toBe(1);
    expect(lines.join('\n')).toContain('preExecuteCallback of step sturdy threw: Error: oops');
  });

  it('may tag and abort the run', async () => {
    const stopper = component(
      { postExecuteCallback: (run) => [run.addTags(['seen', 'seen']), run.abort('enough')] },
      () => 1,
    );
    const { status, tags, states, error } = await report(() => void double(stopper()));
    expect([status, tags, states]).toEqual([
      'aborted',
      ['seen'],
      { stopper: 'completed', double: 'aborted' },
    ]);
    expect(error).toMatchObject({ message: 'enough' });
  });
});

describe('explicit parents', () => {
  const last = component({ parents: ['double'] }, function last() {
    return 'last';
  });

  it('gate the launch, also when called later', async () => {
    const { steps, result } = await report(() => {
      const end = last();
      double(1);
      return end;
    });
    expect(result).toBe('last');
    expect(steps[0]).toMatchObject({ name: 'last', parents: ['double'] });
    expect(
      (steps[0]?.attempts[0]?.startedAt ?? 0) >=
        (steps[1]?.attempts[0]?.endedAt ?? Number.POSITIVE_INFINITY),
    ).toBe(true);
  });

  it.each([
    ['and the logic ends', async () => void last()],
    ['and the logic awaits the step', async () => await last()],
  ])('that never come fail the run: %s', async (_, logic) => {
    const { status, error } = await report(logic);
    expect(status).toBe('failed');
    expect(error).toBeInstanceOf(MissingParentError);
    expect(error).toMatchObject({ step: 'last', parent: 'double' });
  });

  it('in a cycle fail the run', async () => {
    const a = component({ parents: ['b'] }, function a() {
      return 'a';
    });
    const b = component({ parents: ['a'] }, function b() {
      return 'b';
    });
    expect((await report(() => void [a(), b()])).error).toMatchObject({
      name: 'MissingParentError',
      message: expect.stringContaining('makes a cycle'),
    });
  });
});

describe('inside a step', () => {
  it('currentStep() is the step, after an await too', async () => {
    const look = component({}, async function look() {
      await sleep(1);
      const { name, component, attempt, run, temporaryDirectory, signal } = currentStep();
      return {
        name,
        component,
        attempt,
        pipeline: run.pipeline,
        there: existsSync(temporaryDirectory),
        aborted: signal.aborted,
      };
    });
    expect((await report(() => void [look(), look()])).steps[1]?.values).toEqual([
      {
        name: 'look_1',
        component: 'look',
        attempt: 1,
        pipeline: 'test',
        there: true,
        aborted: false,
      },
    ]);
  });

  it('reports print; artifacts and models lie in a temporary folder', async () => {
    const busy = component({}, async function busy() {
      const step = currentStep();
      step.logger.reportScalar('loss', 'train', 0.5, 3);
      step.logger.reportText('hello');
      await step.uploadArtifact('table/1', { a: [1] }, { metadata: { unit: 'm' } });
      await writeFile(join(step.temporaryDirectory, 'm.bin'), 'model');
      await step.uploadModel('m', join(step.temporaryDirectory, 'm.bin'), { framework: 'onnx' });
      await PipelineDecorator.uploadArtifact('onRun', Buffer.from('raw'));
    });
    const { lines, steps, artifacts } = await report(() => void busy());
    expect(lines).toEqual(['[busy] loss/train 3: 0.5', '[busy] hello']);
    const [step] = steps;
    expect(step?.points).toMatchObject([
      { title: 'loss', series: 'train', value: 0.5, iteration: 3 },
    ]);
    expect(step?.artifacts).toMatchObject([
      { name: 'table/1', type: 'json', size: 9, metadata: { unit: 'm' } },
    ]);
    expect(await readFile(step?.artifacts[0]?.path ?? '', 'utf8')).toBe('{"a":[1]}');
    expect(await readFile(step?.models[0]?.path ?? '', 'utf8')).toBe('model');
    expect(artifacts).toMatchObject([{ name: 'onRun', type: 'bytes', size: 3 }]);
  });

  it('an ArtifactFile outlives its step', async () => {
    const write = component({ returnValues: ['file'] }, async () => {
      const path = join(currentStep().temporaryDirectory, 'x.txt');
      await writeFile(path, 'text');
      return new ArtifactFile(path);
    });
    const read = component({}, async (file: ArtifactFile) => await readFile(file.path, 'utf8'));
    expect((await report(() => read(write()))).result).toBe('text');
  });

  it('components and pipelines cannot be called', async () => {
    const inner = pipeline({ name: 'inner' }, () => 1);
    const nested = component({}, function nested() {
      double(1);
    });
    const starts = component({}, async function starts() {
      await inner();
    });
    expect((await report(async () => await nested())).error).toMatchObject({
      cause: expect.any(NestedComponentError),
      message: expect.stringContaining('component double was called in component nested'),
    });
    expect((await report(async () => await starts())).error).toMatchObject({
      cause: expect.any(NestedPipelineError),
    });
    expect((await report(async () => await inner())).error).toBeInstanceOf(NestedPipelineError);
  });
});

describe('outside', () => {
  it('a component called says what to do', () => {
    expect(() => double(1)).toThrow(OutsidePipelineError);
    expect(() => double(1)).toThrow(/^component called outside a pipeline: double/);
  });

  it('so do currentStep() and uploads', async () => {
    expect(() => currentStep()).toThrow(OutsideStepError);
    expect(await thrown(PipelineDecorator.uploadArtifact('a', 1))).toBeInstanceOf(OutsideStepError);
  });

  it('two components of one name cannot be in one run', async () => {
    const twin = component({ name: 'double' }, () => 1);
    expect((await report(() => void [double(1), twin()])).error).toBeInstanceOf(DeclarationError);
  });

  it('no function', () => {
    expect(() => component({ name: 'x' }, 5 as never)).toThrow(
      /component x: the second argument of component\(…\) is the function/,
    );
    expect(() => pipeline({ name: 'x' }, undefined as never)).toThrow(
      /pipeline x: the second argument/,
    );
  });
});
