import { describe, expect, it } from 'vitest';
import { describeError, withUsageErrors } from '../../../src/cli/errors.ts';
import { CommandLineError, NotFoundError } from '../../../src/launch/errors.ts';
import { StoreCorruptError, StoreFullError } from '../../../src/local/store/errors.ts';
import { HeadraceError } from '../../../src/model/headrace-error.ts';
import { ObjectMissingError } from '../../../src/ports/objects.ts';
import { MissingArgumentError } from '../../../src/submit/errors.ts';

class SourceError extends HeadraceError {}

const refused = async (error: Error): Promise<unknown> =>
  withUsageErrors(Promise.reject(error)).catch((thrown: unknown) => thrown);
const diskFull = Object.assign(new Error('ENOSPC: no space left on device, write'), {
  code: 'ENOSPC',
  path: '/home/objects/x',
});

describe('the exit code and message of an error', () => {
  it.each([
    [
      'a usage error',
      new MissingArgumentError('url', 'string', ['url']),
      2,
      'error: argument url is missing',
    ],
    ['an unknown run', new NotFoundError('there is no run "x"'), 2, 'error: there is no run "x"'],
    ['a wrong command line', new CommandLineError('no'), 2, 'error: no'],
    [
      'a damaged store',
      new StoreCorruptError('/home/headrace.db', 'not a database'),
      1,
      'error: the store /home/headrace.db is damaged',
    ],
    [
      'a store without space',
      new StoreFullError('/home/headrace.db'),
      1,
      'error: no space is left on the disk',
    ],
    [
      'a missing artifact',
      new ObjectMissingError('p/x/data/1'),
      1,
      'error: the object p/x/data/1 is not in the store',
    ],
    [
      'a full disk',
      new Error('put failed', { cause: diskFull }),
      1,
      'error: the disk is full (/home/objects/x): make room',
    ],
    [
      'a read-only disk',
      Object.assign(new Error('x'), { code: 'EROFS' }),
      1,
      'error: the disk is read-only: choose another folder',
    ],
  ])('the error has its exit code and message: %s', (_title, error, exit, sentence) => {
    const failure = describeError(error, false);
    expect(failure.exit).toBe(exit);
    expect(failure.lines).toHaveLength(1);
    expect(failure.lines[0]).toContain(sentence);
  });

  it('the stack of an unexpected error is shown only on request', () => {
    const error = new TypeError('x is not a function');
    expect(describeError(error, false).lines).toEqual([
      'error: unexpected: x is not a function',
      '(set HEADRACE_DEBUG=1 to see the stack)',
    ]);
    expect(describeError(error, true).lines[1]).toContain('failure.test.ts');
  });

  it('a thrown value that is no Error is reported', () => {
    expect(describeError('nope', false)).toMatchObject({
      exit: 1,
      lines: ['error: unexpected: nope', expect.anything()],
    });
  });

  it('before a run, a HeadraceError becomes a usage error, except errors of the store and unexpected ones', async () => {
    const invalid = await refused(new SourceError('a.ts:1:1: oops'));
    expect(describeError(invalid, false)).toEqual({
      exit: 2,
      lines: ['error: a.ts:1:1: oops'],
      docs: 'headrace/docs/errors.md#sourceerror',
    });
    const corrupt = new StoreCorruptError('db', 'x');
    expect(await refused(corrupt)).toBe(corrupt);
    const unexpected = new TypeError('x');
    expect(await refused(unexpected)).toBe(unexpected);
  });
});
