/**
 * One subprocess that runs one step.
 *
 * 1. Its messages are handed on one after the other, in their order, each accepted once it is safe.
 * 2. `ended` resolves after the process ended, its channel is drained and its last message was handed on.
 * 3. Signals reach its process group: what a step starts ends with it.
 * 4. What it prints goes to its log file and costs this process nothing.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type RunnerMessage, runnerMessageSchema } from '../../model/spec.ts';
import type { Assignment, ToRunner } from '../../runner/protocol.ts';
import { fromRunnerSchema } from '../../runner/protocol-schema.ts';
import type { ChildProgram } from './child-programs.ts';

export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why a message did not count. */
  readonly rejectedMessage: string | undefined;
  /** Why it did not start, if it did not come so far as to be ready. */
  readonly startFailure: string | undefined;
}

/** Hands messages on; resolves when they are safe, to false if they will never be. */
export type Deliver = (messages: readonly RunnerMessage[]) => Promise<boolean>;

export interface RunnerProcess {
  /** Unique per start: the process's id and something random. */
  readonly id: string;
  readonly pid: number | undefined;
  readonly logFile: string;
  readonly isReady: boolean;
  readonly hasExited: boolean;
  readonly heapLimit: number | undefined;
  readonly exited: Promise<ProcessExit>;
  run(assignment: Assignment, deliver: Deliver): void;
  send(message: ToRunner): void;
  /** Ends the conversation: to the runner it is as if this process had died. */
  disconnect(): void;
  /** To the group. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

interface ReceivedMessage {
  readonly id: number;
  readonly message: RunnerMessage;
}

export interface RunnerProcessOptions {
  readonly program: ChildProgram;
  readonly environment: NodeJS.ProcessEnv;
  /** Where its log is made. */
  readonly logFolder: string;
}

export function startRunnerProcess({
  program,
  environment,
  logFolder,
}: RunnerProcessOptions): RunnerProcess {
  const random = randomBytes(8).toString('hex');
  const logFile = join(logFolder, `${process.pid}-${random}.log`);
  const child = spawnRunner(program, environment, logFile);
  const undelivered: ReceivedMessage[] = [];
  let isReady = false;
  let hasExited = false;
  let heapLimit: number | undefined;
  let rejectedMessage: string | undefined;
  let deliver: Deliver | undefined;
  let delivery: Promise<void> | undefined;

  const send = (message: ToRunner) => {
    // A channel that breaks meanwhile is noticed by its end.
    if (child.connected) child.send(message, () => undefined);
  };

  async function deliverPending(deliverBatch: Deliver): Promise<void> {
    while (undelivered.length > 0) {
      const batch = undelivered.splice(0);
      if (!(await deliverBatch(batch.map(({ message }) => message)))) continue;
      for (const received of batch) send({ kind: 'accepted', id: received.id });
    }
    delivery = undefined;
  }

  child.on('message', (received: unknown) => {
    const parsed = fromRunnerSchema.safeParse(received);
    if (!parsed.success) {
      rejectedMessage ??= 'it said something that is no message of a runner';
      return;
    }
    if (parsed.data.kind === 'ready') {
      isReady = true;
      heapLimit = parsed.data.heapLimit;
      return;
    }
    const message = runnerMessageSchema.safeParse(parsed.data.message);
    if (message.success) undelivered.push({ id: parsed.data.id, message: message.data });
    else {
      rejectedMessage ??= `a message of it was refused: ${z.prettifyError(message.error)}`;
      send({ kind: 'accepted', id: parsed.data.id });
    }
    if (deliver !== undefined) delivery ??= deliverPending(deliver);
  });

  const exited = exitOf(child).then(async ({ exitCode, signal, error }) => {
    await delivery;
    hasExited = true;
    const exitDescription =
      signal === null
        ? `its process exited with code ${exitCode} before it was ready`
        : `its process was killed by ${signal} before it was ready`;
    const startFailure = isReady ? undefined : (error?.message ?? exitDescription);
    return { exitCode, signal, rejectedMessage, startFailure };
  });

  return {
    id: `${child.pid ?? 0}-${random}`,
    pid: child.pid,
    logFile,
    get isReady() {
      return isReady;
    },
    get hasExited() {
      return hasExited;
    },
    get heapLimit() {
      return heapLimit;
    },
    exited,
    run(assignment, deliverMessages) {
      child.ref();
      child.channel?.ref();
      deliver = deliverMessages;
      send({ kind: 'run', assignment });
    },
    send,
    disconnect() {
      if (child.connected) child.disconnect();
    },
    signal(signal) {
      if (child.pid === undefined) return;
      child.ref();
      try {
        process.kill(-child.pid, signal);
      } catch {
        // Nothing of the group is left.
      }
    },
  };
}

function spawnRunner(
  { file, execArgv }: ChildProgram,
  environment: NodeJS.ProcessEnv,
  logFile: string,
): ChildProcess {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(process.execPath, [...execArgv, file], {
      stdio: ['ignore', log, log, 'ipc'],
      env: environment,
      detached: true,
    });
    // An idle runner keeps no program alive.
    child.unref();
    child.channel?.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

interface ChildExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error: Error | undefined;
}

/** When the process ended and its channel is drained, whichever comes last. */
function exitOf(child: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve) => {
    let exit: ChildExit | undefined;
    let drained = !child.connected;
    const resolveWhenDone = () => {
      if (exit !== undefined && drained) resolve(exit);
    };
    child.once('exit', (exitCode, signal) => {
      exit = { exitCode, signal, error: undefined };
      resolveWhenDone();
    });
    child.once('disconnect', () => {
      drained = true;
      resolveWhenDone();
    });
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      exit = { exitCode: null, signal: null, error };
      drained = true;
      resolveWhenDone();
    });
  });
}
