/**
 * The failure of a step's process that ended without an outcome.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { containerTimeoutSeconds } from '../../model/container.ts';
import { toErrorRecord } from '../../model/error-record.ts';
import type { RunnerMessage } from '../../model/spec.ts';
import { StepStoppedError, StepTimeoutError } from '../../sdk/stop-errors.ts';
import { OutOfMemoryError, StepCrashedError } from './errors.ts';

export type FailedOutcome = Extract<
  Extract<RunnerMessage, { kind: 'finished' }>['outcome'],
  { ok: false }
>;

export interface StepProcessExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly heapLimit: number | undefined;
  /** The container's memory ran out while the process ran. */
  readonly outOfMemory: boolean;
}

/**
 * The failure of the attempt. `exitCode` follows the convention of shells (128 plus the signal).
 */
export function failureOfProcess(exit: StepProcessExit): FailedOutcome {
  return { ok: false, error: toErrorRecord(errorOf(exit)), exitCode: processExitCode(exit) };
}

export function failureOfStop(reason: unknown): FailedOutcome {
  const details =
    reason instanceof StepStoppedError && reason.stopCause !== 'terminated'
      ? { stopReason: reason.stopCause }
      : {};
  return { ok: false, error: toErrorRecord(reason), ...details };
}

/**
 * The cause of a SIGTERM. It is never the time limit, because Batch's limit is later than the
 * supervisor's own (`batchTimeoutSeconds`).
 */
export const reclaimedError = (): StepStoppedError =>
  new StepStoppedError(
    'reclaimed',
    'the container received SIGTERM: its machine is reclaimed, or a user terminated its job',
  );

/** The step and its preparation exceeded their time. @param limit the step's limit, in seconds */
export const timeLimitError = (limit: number): StepStoppedError =>
  new StepTimeoutError(
    `ran longer than its limit of ${limit} s and the ${containerTimeoutSeconds(limit) - limit} s in which its environment is made`,
  );

/** A process that exits with 0 but without a result has failed. */
export const processExitCode = ({
  exitCode,
  signal,
}: Pick<StepProcessExit, 'exitCode' | 'signal'>): number =>
  signal === null ? exitCode || 1 : 128 + constants.signals[signal];

function errorOf({ exitCode, signal, heapLimit, outOfMemory }: StepProcessExit): Error {
  const limit = memoryLimitBytes();
  const memory = limit === undefined ? '' : ` (${mebibytes(limit)})`;
  if (outOfMemory && signal === 'SIGKILL')
    return new OutOfMemoryError(
      `the step was killed because the container's memory${memory} was used up`,
    );
  if (signal === 'SIGKILL')
    return new StepCrashedError(
      `the step's process was killed by SIGKILL: by a user, or because the container's memory${memory} was used up`,
    );
  if (heapLimit !== undefined && (signal === 'SIGABRT' || signal === 'SIGTRAP')) {
    const heap = `a heap above its limit (${mebibytes(heapLimit)}) ends this way, and the log shows it`;
    return new StepCrashedError(`the step's process was killed by ${signal}: ${heap}`);
  }
  if (signal !== null) return new StepCrashedError(`the step's process was killed by ${signal}`);
  return new StepCrashedError(
    `the step's process exited with code ${exitCode}${exitCode === 0 ? ', without a result' : ''}`,
  );
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Of the container's control group, version 2 or 1. */
export const outOfMemoryKills = (): number => {
  const text = readFirstFile(
    '/sys/fs/cgroup/memory.events',
    '/sys/fs/cgroup/memory/memory.oom_control',
  );
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
};

function memoryLimitBytes(): number | undefined {
  const bytes = Number.parseInt(
    readFirstFile('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'),
    10,
  );
  // Version 1 encodes "no limit" as a number above the memory of any machine.
  return Number.isSafeInteger(bytes) && bytes < 2 ** 50 ? bytes : undefined;
}

function readFirstFile(...paths: readonly string[]): string {
  for (const path of paths) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The machine has the other version, or none.
    }
  }
  return '';
}
