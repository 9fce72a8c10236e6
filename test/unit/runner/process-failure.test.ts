import { describe, expect, test } from 'vitest';
import { batchTimeoutSeconds, containerTimeoutSeconds } from '../../../src/model/container.ts';
import {
  failureOfProcess,
  failureOfStop,
  processExitCode,
  reclaimedError,
  timeLimitError,
} from '../../../src/runner/container/process-failure.ts';
import { StepStoppedError } from '../../../src/sdk/stop-errors.ts';

describe.each([0.5, 59, 60, 3600, 40 * 24 * 3600])('with a limit of %s s', (limit) => {
  test("Batch's limit is later than the supervisor's, so that a SIGTERM is never the time limit", () => {
    // A container may need 30 s of grace and five minutes of retries to report its exit.
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

describe('processes that exited without a result', () => {
  const exit = { exitCode: null, signal: null, heapLimit: 2 ** 28, outOfMemory: false };

  test.each([
    [{ ...exit, exitCode: 0 }, 1, /exited with code 0, without a result/],
    [{ ...exit, exitCode: 7 }, 7, /exited with code 7/],
    [{ ...exit, signal: 'SIGSEGV' as const }, 139, /killed by SIGSEGV$/],
    [{ ...exit, signal: 'SIGABRT' as const }, 134, /a heap above its limit \(256 MiB\)/],
    [{ ...exit, signal: 'SIGKILL' as const }, 137, /by a user, or because/],
    [{ ...exit, signal: 'SIGKILL' as const, outOfMemory: true }, 137, /memory.* was used up/],
  ])('the exit %j is explained', (given, code, message) => {
    expect(processExitCode(given)).toBe(code);
    expect(failureOfProcess(given)).toMatchObject({
      ok: false,
      exitCode: code,
      error: { message: expect.stringMatching(message) },
    });
  });
});

test('the outcome of a stop has its cause, and the outcome of a termination has none', () => {
  expect(failureOfStop(new StepStoppedError('timeout', 'too long'))).toMatchObject({
    stopReason: 'timeout',
  });
  expect(failureOfStop(new StepStoppedError('terminated', 'somebody'))).not.toHaveProperty(
    'stopReason',
  );
});
