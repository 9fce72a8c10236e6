import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import vm from 'node:vm';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { HeadraceError, toErrorRecord } from '../../../src/model/errors.ts';
import { toMilliseconds } from '../../../src/sdk/duration.ts';
import * as errors from '../../../src/sdk/errors.ts';
import { nearestName } from '../../../src/sdk/nearest-name.ts';
import { parameterNames } from '../../../src/sdk/parameters.ts';

const examples = [
  new errors.StepFailedError('s', 2, new TypeError('x')),
  new errors.StepSkippedError('s', null),
  new errors.StepAbortedError('s'),
  new errors.StepCancelledError('s', 1000),
  new errors.LazyExpectedError('cancel'),
  new errors.OutsidePipelineError('c'),
  new errors.NestedComponentError('c'),
  new errors.NestedPipelineError('p'),
  new errors.InputFileError('a', 'no'),
  new errors.UseModelError('a', 'no'),
  new errors.LazyUsedAsValueError('s'),
  new errors.UnhandledRejectionError(new TypeError('x')),
  new errors.NeverSettledError('c'),
  new errors.NonStepAwaitError(),
  new errors.CallbackPendingError('c'),
  new errors.OutsideStepError('currentStep()'),
  new errors.OutsideLogicError('waitForSignal'),
  new errors.SignalNameError('two words'),
  new errors.TooManySignalsError(100),
  new errors.SignalMissingError('approve'),
  new errors.ReturnValuesError('c', ['a', 'b'], 'null'),
  new errors.OptionError('o', 'component c', 'no'),
  new errors.DeclarationError('no'),
  new errors.ProgramError('no'),
  new errors.MissingParentError('s', 'p'),
  new errors.RunAbortedError(),
  new errors.DurationError('x'),
  new errors.PipelineRunError('id', 'failed', 'why'),
];

describe('errors', () => {
  it('every error class has an example here and a name that does not depend on bundling', () => {
    expect(examples.map(({ name }) => name).sort()).toEqual(Object.keys(errors).sort());
    for (const error of examples)
      expect([
        error instanceof Error,
        error instanceof HeadraceError,
        String(error).startsWith(error.name),
      ]).toEqual([true, true, true]);
  });

  it('errors of different classes are distinguished by instanceof', () => {
    const [failed, skipped] = examples;
    expect([
      failed instanceof errors.StepFailedError,
      failed instanceof errors.StepSkippedError,
      skipped instanceof errors.StepFailedError,
    ]).toEqual([true, false, false]);
    expect([
      new Error('x') instanceof HeadraceError,
      { name: 'StepFailedError' } instanceof errors.StepFailedError,
    ]).toEqual([false, false]);
  });

  it('an error record has the cause, and an inspected error shows no internal symbols', () => {
    expect(toErrorRecord(examples[0])).toMatchObject({
      name: 'StepFailedError',
      message: 'step s failed after 2 attempts: x',
      cause: { name: 'TypeError' },
    });
    expect(inspect(examples[2])).not.toContain('Symbol');
  });

  it('a thrown object whose name and message have no text has a record, too', () => {
    const textless = { toString: 1, valueOf: 1 };
    expect(toErrorRecord({ name: textless, message: textless })).toEqual({
      name: '[object Object]',
      message: '[object Object]',
    });
  });

  it('another copy of Headrace in another realm makes errors that instanceof accepts', async () => {
    const bundle = await rolldown({
      input: fileURLToPath(new URL('../../../src/sdk/errors.ts', import.meta.url)),
      platform: 'neutral',
    });
    const { output } = await bundle.generate({ format: 'iife', name: 'errors', minify: true });
    await bundle.close();
    const context = vm.createContext(Object.create(null), {
      codeGeneration: { strings: false, wasm: false },
    });
    vm.runInContext(output[0].code, context);
    const foreign: unknown = vm.runInContext(
      'new errors.StepFailedError("s", 1, new RangeError("far"))',
      context,
    );
    expect([
      foreign instanceof Error,
      foreign instanceof errors.StepFailedError,
      foreign instanceof errors.StepSkippedError,
    ]).toEqual([false, true, false]);
    expect(
      vm.runInContext(
        '(() => { const e = new errors.StepSkippedError("s", "t"); return [e instanceof Error, e instanceof errors.StepSkippedError, e.name].join() })()',
        context,
      ),
    ).toBe('true,true,StepSkippedError');
  });
});

describe('durations', () => {
  it.each<[number | string, number]>([
    [0, 0],
    [1500, 1500],
    ['500ms', 500],
    ['5s', 5000],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    [' 1 d ', 86_400_000],
  ])('%j is %i ms', (duration, milliseconds) => {
    expect(toMilliseconds(duration)).toBe(milliseconds);
  });

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '5',
    's',
    '-5s',
    '5 weeks',
    '1s2s',
    null as unknown as number,
  ])('%j is not a duration', (duration) => {
    expect(() => toMilliseconds(duration)).toThrow(errors.DurationError);
  });
});

describe('the nearest name', () => {
  it.each([
    ['exectionQueue', 'executionQueue'],
    ['EXECUTION_QUEUE', 'executionQueue'],
    ['chache', 'cache'],
    ['nothing of the sort', undefined],
  ])('the nearest name to %s is %s', (name, nearest) => {
    expect(nearestName(name, ['name', 'cache', 'executionQueue'])).toBe(nearest);
  });
});

describe('the parameters of a function, from its text', () => {
  it.each<[(...args: never) => unknown, string[]]>([
    [() => 1, []],
    [(a: number) => a, ['a']],
    // biome-ignore format: without parentheses
    [new Function('return async x => x')() as () => unknown, ['x']],
    [
      async function named(a: number, b = ')', c = [1, { d: 2 }], ...rest: number[]) {
        return [a, b, c, rest];
      },
      ['a', 'b', 'c', 'rest'],
    ],
    [(a: string, /* , */ b = `,${[1, 2]}`) => a + b, ['a', 'b']],
  ])('the parameter names of %s are read from its text', (fn, parameters) => {
    expect(parameterNames(fn)).toEqual({ style: 'positional', parameters });
  });

  it('the properties of one destructured object are the parameter names', () => {
    const fn = ({ a, b = 2, c: { d } = { d: 1 } }: { a: number; b?: number; c?: { d: number } }) =>
      a + b + d;
    expect(parameterNames(fn)).toEqual({ style: 'object', parameters: ['a', 'b', 'c'] });
  });
});
