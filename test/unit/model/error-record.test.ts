import { readFile } from 'node:fs/promises';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { errorFromRecord, thrownFromRecord } from '../../../src/model/error-record.ts';
import { errorRecordSchema, HeadraceError, toErrorRecord } from '../../../src/model/errors.ts';
import {
  MAX_ERROR_FIELDS_LENGTH,
  MAX_ERROR_LENGTH,
  MAX_INNER_ERRORS,
  MAX_MESSAGE_BYTES,
} from '../../../src/model/limits.ts';
import { reportedErrorSchema } from '../../../src/model/reported.ts';
import { StepFailedError } from '../../../src/sdk/errors.ts';

class HttpError extends TypeError {
  readonly response = { status: 404, headers: { 'content-type': 'text/plain' } };
  readonly socket = new Map();
  readonly retry = () => undefined;

  get code(): string {
    return 'E_HTTP';
  }

  override get name(): string {
    return 'HttpError';
  }
}

const passed = (thrown: unknown): Error => thrownFromRecord(toErrorRecord(thrown)) as Error;

describe('the record of an error', () => {
  it('a system error keeps code, errno, syscall and path', async () => {
    const thrown: unknown = await readFile('/no/such/file').catch((error: unknown) => error);
    expect(passed(thrown)).toMatchObject({
      code: 'ENOENT',
      syscall: 'open',
      path: '/no/such/file',
    });
  });

  it('an error of a user class keeps name, base class, data fields and stack, and names the rest', () => {
    const thrown = new HttpError('not found');
    const record = toErrorRecord(thrown);
    expect(record).toEqual({
      name: 'HttpError',
      message: 'not found',
      stack: thrown.stack,
      class: 'TypeError',
      fields: { response: thrown.response, code: 'E_HTTP' },
      omitted: ['socket', 'retry'],
    });
    const arrived = errorFromRecord(record);
    expect(arrived).toBeInstanceOf(TypeError);
    expect(arrived).toMatchObject({ name: 'HttpError', code: 'E_HTTP', response: thrown.response });
    expect(arrived.stack).toBe(thrown.stack);
    expect(String(arrived)).toBe('HttpError: not found');
  });

  it.each([EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    'a %s arrives as an instance of its class',
    (Class) => {
      const arrived = passed(new Class('no'));
      expect(arrived).toBeInstanceOf(Class);
      expect(Object.keys(arrived)).toEqual([]);
    },
  );

  it('an error of another realm arrives as an instance of its class in this realm', () => {
    const foreign: unknown = vm.runInNewContext('new RangeError("far")');
    expect(foreign).not.toBeInstanceOf(RangeError);
    expect(passed(foreign)).toBeInstanceOf(RangeError);
  });

  it('the chain of causes arrives, and a cause that is data stays data', () => {
    const arrived = passed(
      new Error('outer', { cause: new RangeError('inner', { cause: { status: 503 } }) }),
    );
    expect(arrived.cause).toBeInstanceOf(RangeError);
    expect((arrived.cause as Error).cause).toEqual({ status: 503 });
  });

  it('an AggregateError keeps its inner errors', async () => {
    const thrown: unknown = await Promise.any([
      Promise.reject(Object.assign(new TypeError('a'), { code: 1 })),
      Promise.reject('text'),
    ]).catch((error: unknown) => error);
    const arrived = passed(thrown) as AggregateError;
    expect(arrived).toBeInstanceOf(AggregateError);
    expect(arrived.errors[0]).toBeInstanceOf(TypeError);
    expect(arrived.errors[0]).toMatchObject({ message: 'a', code: 1 });
    expect(arrived.errors[1]).toBe('text');
  });

  it('a StepFailedError arrives with step, attempts and cause, and instanceof accepts it', () => {
    const arrived = passed(
      new StepFailedError('train_1', 3, Object.assign(new Error('x'), { code: 'E' })),
    );
    expect(arrived).toBeInstanceOf(StepFailedError);
    expect(arrived).toBeInstanceOf(HeadraceError);
    expect(arrived).toMatchObject({
      step: 'train_1',
      attempts: 3,
      docs: 'headrace/docs/errors.md#stepfailederror',
      cause: { message: 'x', code: 'E' },
    });
  });

  it('a value that is no error is in the record as data', () => {
    expect(toErrorRecord({ code: 7 })).toEqual({
      name: 'NonError',
      message: 'threw {"code":7}, which is not an Error',
      value: { code: 7 },
    });
    expect(thrownFromRecord(toErrorRecord(null))).toBeNull();
    expect(thrownFromRecord(toErrorRecord(undefined))).toBeInstanceOf(Error);
    expect(new StepFailedError('s', 1, 42).message).toBe(
      'step s failed: threw 42, which is not an Error',
    );
  });

  it.each<[string, () => unknown]>([
    ['user class', () => new HttpError('x', { cause: new AggregateError([new Error('y')], 'z') })],
    ['StepFailedError', () => new StepFailedError('s', 2, { code: 1 })],
    ['AbortError of a signal', () => AbortSignal.abort().reason],
    ['thrown text', () => 'text'],
  ])('the record of an error that came from a record is equal: %s', (_, make) => {
    const record = toErrorRecord(make());
    expect(toErrorRecord(thrownFromRecord(record))).toEqual(record);
    expect(errorRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(reportedErrorSchema.parse(record)).toEqual(record);
  });

  it('a getter that throws, a cycle of causes and a poisoned prototype have a record', () => {
    const cyclic: Error = new Error('round');
    cyclic.cause = cyclic;
    expect(toErrorRecord(cyclic).cause?.cause?.cause?.cause?.omitted).toEqual(['cause']);
    const withGetter = Object.defineProperty(new Error('kept'), 'code', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
    expect(toErrorRecord(withGetter)).toMatchObject({ message: 'kept' });
    const poisoned = Object.assign(new Error('fields'), JSON.parse('{"__proto__":{"x":1},"a":1}'));
    expect(toErrorRecord(poisoned).fields).toEqual({ a: 1 });
  });

  it('the size of a record is bounded, and the record names what it lacks', () => {
    const wide = new AggregateError(
      Array.from({ length: 1000 }, (_, index) =>
        Object.assign(new Error('\u0001'.repeat(30_000)), {
          index,
          body: '\u0001'.repeat(MAX_ERROR_FIELDS_LENGTH - 10_000),
        }),
      ),
      'all',
    );
    const record = toErrorRecord(wide);
    expect(record.omitted).toEqual(['errors']);
    expect(record.errors?.length).toBeLessThanOrEqual(MAX_INNER_ERRORS);
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(MAX_MESSAGE_BYTES);
    expect(reportedErrorSchema.safeParse(record).success).toBe(true);
    const large = toErrorRecord(
      Object.assign(new Error('x'), { body: 'a'.repeat(MAX_ERROR_LENGTH), code: 'E' }),
    );
    expect(large).toMatchObject({ fields: { code: 'E' }, omitted: ['body'] });
  });
});
