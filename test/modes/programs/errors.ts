/** Errors of steps in the logic and as values. */
import { completes, failsInStep, type Programs } from '../program.ts';

const DESCRIBE = `
  import { readFile } from 'node:fs/promises';

  const inner = (e: any): unknown => e instanceof Error ? [e.name, e instanceof RangeError] : e;
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const describe = (e: any): unknown => plain({
    name: e.name, message: e.message, code: e.code, status: e.status, response: e.response,
    is: [e instanceof Error, e instanceof TypeError, e instanceof RangeError, e instanceof AggregateError, e instanceof StepFailedError],
    step: e.step, attempts: e.attempts, stack: e instanceof StepFailedError ? undefined : typeof e.stack, errors: e.errors?.map(inner),
    cause: e.cause instanceof Error ? describe(e.cause) : e.cause,
  });
  const report = component({}, (results: any[]) => results.map(({ reason }) => describe(reason)));`;

const COMPONENTS = `
  class HttpError extends TypeError {
    status = 404;
    response = { headers: { a: 'b' } };
    retry = () => undefined;
    get name() { return 'HttpError'; }
  }
  const missing = component({}, () => readFile('/no/such/file'));
  const http = component({}, () => { throw new HttpError('gone', { cause: Object.assign(new RangeError('deep'), { code: 'E_DEEP' }) }); });
  const several = component({}, () => Promise.any([Promise.reject(new RangeError('one')), Promise.reject('two')]));
  const data = component({}, () => { throw { code: 7 }; });
  const returned = component({}, () => Object.assign(new RangeError('as a value', { cause: new SyntaxError('why') }), { code: 'E_VALUE' }));
  const describes = component({}, (e: any) => describe(e));`;

const IS_ERROR = { is: [true, false, false, false, false], stack: 'string' };
const IS_RANGE_ERROR = { is: [true, false, true, false, false], stack: 'string' };

const failure = (step: string, message: string, cause: unknown): unknown => ({
  name: 'StepFailedError',
  message: `step ${step} failed: ${message}`,
  is: [true, false, false, false, true],
  step,
  attempts: 1,
  cause,
});

const ENOENT = `ENOENT: no such file or directory, open '/no/such/file'`;
const FAILURES = [
  failure('missing', ENOENT, { name: 'Error', message: ENOENT, code: 'ENOENT', ...IS_ERROR }),
  failure('http', 'gone', {
    name: 'HttpError',
    message: 'gone',
    status: 404,
    response: { headers: { a: 'b' } },
    is: [true, true, false, false, false],
    stack: 'string',
    cause: { name: 'RangeError', message: 'deep', code: 'E_DEEP', ...IS_RANGE_ERROR },
  }),
  failure('several', 'All promises were rejected', {
    name: 'AggregateError',
    message: 'All promises were rejected',
    is: [true, false, false, true, false],
    stack: 'string',
    errors: [['RangeError', true], 'two'],
  }),
  failure('data', 'threw {"code":7}, which is not an Error', { code: 7 }),
];

const VALUE = {
  name: 'RangeError',
  message: 'as a value',
  code: 'E_VALUE',
  ...IS_RANGE_ERROR,
  cause: { name: 'SyntaxError', message: 'why', ...IS_ERROR },
};

export const ERRORS: Programs = {
  'errors of steps, in the logic and given to a step': {
    source: `${DESCRIBE}${COMPONENTS}
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const results: any[] = await Promise.allSettled([missing(), http(), several(), data()]);
        return [results.map(({ reason }) => describe(reason)), await report(results)];
      });`,
    outcome: completes([FAILURES, FAILURES]),
  },
  'an error as a value, from steps and from the logic': {
    source: `${DESCRIBE}${COMPONENTS}
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const e = await returned();
        const own = Object.assign(new RangeError('as a value', { cause: new SyntaxError('why') }), { code: 'E_VALUE' });
        return [describe(e), await describes(e), await describes(returned()), await describes(own)];
      });`,
    outcome: completes([VALUE, VALUE, VALUE, VALUE]),
  },
  'an error with fields, a cause and inner errors is on record': {
    source: `
      const fetches = component({}, () => {
        const cause = new AggregateError([Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 7], 'all');
        throw Object.assign(new TypeError('fetch failed', { cause }), { retry: () => undefined, url: 'http://a' });
      });
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => await fetches());`,
    outcome: failsInStep('fetches', {
      name: 'TypeError',
      message: 'fetch failed',
      fields: { url: 'http://a' },
      omitted: ['retry'],
      cause: {
        name: 'AggregateError',
        message: 'all',
        class: 'AggregateError',
        errors: [
          { name: 'Error', message: 'refused', fields: { code: 'ECONNREFUSED' } },
          { name: 'NonError', message: 'threw 7, which is not an Error', value: 7 },
        ],
      },
    }),
  },
};
