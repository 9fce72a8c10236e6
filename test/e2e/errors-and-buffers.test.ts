import { describe, expect, it, vi } from 'vitest';
import { aProject } from './cli.ts';
import { HEAD } from './semantics-harness.ts';

vi.setConfig({ testTimeout: 120_000 });

const ERRORS = `${HEAD}
  class HttpError extends TypeError { status = 404; response = { headers: { a: 'b' } }; get name() { return 'HttpError'; } }
  const missing = component({}, () => readFileSync('/no/such/file'));
  const http = component({}, () => { throw new HttpError('gone', { cause: Object.assign(new RangeError('deep'), { code: 'E_DEEP' }) }); });
  const several = component({}, () => Promise.any([Promise.reject(new RangeError('one')), Promise.reject('two')]));
  const data = component({}, () => { throw { code: 7 }; });
  const describe = (e) => ({ name: e.name, message: e.message, step: e.step, attempts: e.attempts, isError: e instanceof Error, isStepFailed: e instanceof StepFailedError,
    cause: e.cause instanceof Error ? { name: e.cause.name, message: e.cause.message, code: e.cause.code, status: e.cause.status, response: e.cause.response,
      is: [e.cause instanceof TypeError, e.cause instanceof RangeError, e.cause instanceof AggregateError], stack: typeof e.cause.stack,
      inner: e.cause.errors?.map((each) => each instanceof Error ? [each.name, each instanceof RangeError] : each),
      cause: e.cause.cause && [e.cause.cause.name, e.cause.cause.code, e.cause.cause instanceof RangeError] } : e.cause });
  const report = component({}, (results) => results.map(({ reason }) => describe(reason)));
  const returned = component({}, () => Object.assign(new RangeError('as a value'), { code: 'E_VALUE', cause: new SyntaxError('why') }));
  const check = (e) => [e instanceof RangeError, e.message, e.code, e.cause instanceof SyntaxError];
  const inStep = component({}, (e) => check(e));
  export const main = pipeline({ name: 'main' }, async () => {
    const results = await Promise.allSettled([missing(), http(), several(), data()]);
    const e = await returned();
    return { logic: results.map(({ reason }) => describe(reason)), step: await report(results), value: [check(e), await inStep(e), await inStep(returned()), await inStep(Object.assign(new RangeError('as a value'), { code: 'E_VALUE', cause: new SyntaxError('x') }))] };
  });`;

const failure = (cause: unknown, step: string, message: string) => ({
  name: 'StepFailedError',
  message: expect.stringContaining(`step ${step} failed: ${message}`),
  step,
  attempts: 1,
  isError: true,
  isStepFailed: true,
  cause,
});

const FAILURES = [
  failure(
    expect.objectContaining({ name: 'Error', code: 'ENOENT', is: [false, false, false] }),
    'missing',
    'ENOENT',
  ),
  failure(
    {
      name: 'HttpError',
      message: 'gone',
      status: 404,
      response: { headers: { a: 'b' } },
      is: [true, false, false],
      stack: 'string',
      cause: ['RangeError', 'E_DEEP', true],
    },
    'http',
    'gone',
  ),
  failure(
    expect.objectContaining({
      name: 'AggregateError',
      is: [false, false, true],
      inner: [['RangeError', true], 'two'],
    }),
    'several',
    'All promises were rejected',
  ),
  failure({ code: 7 }, 'data', 'threw {"code":7}, which is not an Error'),
];

describe.each(['local', 'debug'])('errors in %s mode', (mode) => {
  it('a step’s error arrives with class, fields, cause and inner errors, and can be given to a step', async () => {
    const project = await aProject({ 'main.ts': ERRORS });
    const { run } = await project.json('run', 'main.ts', '--mode', mode);
    expect(run.result).toMatchObject({ logic: FAILURES, step: FAILURES });
    const kept = [true, 'as a value', 'E_VALUE', true];
    expect((run.result as { value: unknown }).value).toEqual([kept, kept, kept, kept]);
  });
});
