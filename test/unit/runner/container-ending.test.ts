import { describe, expect, test } from 'vitest';
import { batchTimeoutSeconds, containerTimeoutSeconds } from '../../../src/model/container.ts';
import {
  failureOfProcess,
  failureOfStop,
  processExitCode,
  reclaimedError,
  timeLimitError,
} from '../../../src/runner/container/process-failure.ts';
import { StepStoppedError } from '../../../src/runner/errors.ts';

describe.each([0.5, 59, 60, 3600, 40 * 24 * 3600])('a limit of %s s', (limit) => {
  test("is the supervisor's long before it is Batch's: a SIGTERM is none", () => {
    // What a container may take to tell of an end: its grace, then five minutes of trying the
    // queue.
    expect(batchTimeoutSeconds(limit) - containerTimeoutSeconds(limit)).toBeGreaterThanOrEqual(
      30 + 300,
    );
    expect(containerTimeoutSeconds(limit)).toBeGreaterThan(limit);
    expect(Number.isInteger(batchTimeoutSeconds(limit))).toBe(true);
    expect(failureOfStop(reclaimedError())).toMatchObject({ stopReason: 'reclaimed' });
    expect(failureOfStop(timeLimitError(limit))).toMatchObject({
      stopReason: 'timeout',
      error: { message: expect.stringContaining(`limit of ${limit} s and the 300 s`) },
    });
  });
});

describe('a process that ended without a word', () => {
  const end = { exitCode: null, signal: null, heapLimit: 2 ** 28, outOfMemory: false };

  test.each([
    [{ ...end, exitCode: 0 }, 1, /exited with code 0, without a result/],
    [{ ...end, exitCode: 7 }, 7, /exited with code 7/],
    [{ ...end, signal: 'SIGSEGV' as const }, 139, /killed by SIGSEGV$/],
    [{ ...end, signal: 'SIGABRT' as const }, 134, /a heap above its limit \(256 MiB\)/],
    [{ ...end, signal: 'SIGKILL' as const }, 137, /by a user, or because/],
    [{ ...end, signal: 'SIGKILL' as const, outOfMemory: true }, 137, /memory.* was used up/],
  ])('%j', (given, code, message) => {
    expect(processExitCode(given)).toBe(code);
    expect(failureOfProcess(given)).toMatchObject({
      ok: false,
      exitCode: code,
      error: { message: expect.stringMatching(message) },
    });
  });
});

test('what was stopped tells by what; a stop that nobody explained does not', () => {
  expect(failureOfStop(new StepStoppedError('timeout', 'too long'))).toMatchObject({
    stopReason: 'timeout',
  });
  expect(failureOfStop(new StepStoppedError('terminated', 'somebody'))).not.toHaveProperty(
    'stopped',
  );
});
