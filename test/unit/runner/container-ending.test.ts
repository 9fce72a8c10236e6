import { describe, expect, test } from 'vitest';
import { exitCodeOf, failureOfProcess, failureOfStop, meaningOfSigterm } from '../../../src/runner/container/ending.ts';
import { StepStoppedError } from '../../../src/runner/errors.ts';

describe('a SIGTERM', () => {
  test.each([
    ['at any time, without a limit', 10_000_000, null, 'reclaimed'],
    ['well before the limit', 300_000, 600, 'reclaimed'],
    ["when Batch's clock has come to the limit, and the container's not quite", 595_000, 600, 'timeout'],
    ["before Batch's shortest limit, although past the step's: that one is the runner's own to mind", 30_000, 5, 'reclaimed'],
    ["at Batch's shortest limit", 59_000, 5, 'timeout'],
  ])('%s', (_, elapsed, limit, stopped) => {
    expect(meaningOfSigterm(elapsed, limit).stopped).toBe(stopped);
  });
});

describe('a process that ended without a word', () => {
  const end = { exitCode: null, signal: null, heapLimit: 2 ** 28, outOfMemory: false };

  test.each([
    [{ ...end, exitCode: 0 }, 1, /exited with code 0, without a result/],
    [{ ...end, exitCode: 7 }, 7, /exited with code 7/],
    [{ ...end, signal: 'SIGSEGV' as const }, 139, /killed by SIGSEGV$/],
    [{ ...end, signal: 'SIGABRT' as const }, 134, /a heap that outgrew its limit \(256 MiB\)/],
    [{ ...end, signal: 'SIGKILL' as const }, 137, /by somebody, or because/],
    [{ ...end, signal: 'SIGKILL' as const, outOfMemory: true }, 137, /memory.* was used up/],
  ])('%j', (given, code, message) => {
    expect(exitCodeOf(given)).toBe(code);
    expect(failureOfProcess(given)).toMatchObject({ ok: false, exitCode: code, error: { message: expect.stringMatching(message) } });
  });
});

test('what was stopped tells by what; a stop that nobody explained does not', () => {
  expect(failureOfStop(new StepStoppedError('timeout', 'too long'))).toMatchObject({ stopped: 'timeout' });
  expect(failureOfStop(new StepStoppedError('terminated', 'somebody'))).not.toHaveProperty('stopped');
});
