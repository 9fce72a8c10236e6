/**
 * Runs the commands that prepare a container. Their output goes to the step's log. The error of a
 * failed command contains the end of its output.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { CommandError } from './errors.ts';

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Kills the command and all processes that it started. */
  readonly signal: AbortSignal;
}

const MAX_TAIL_LENGTH = 2_000;

/**
 * Resolves when the command ended with 0.
 *
 * @param displayName What it is called in errors.
 * @throws CommandError
 */
export function runCommand(
  displayName: string,
  file: string,
  args: readonly string[],
  { cwd, env, signal }: CommandOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(file, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let tail = '';
    for (const [from, to] of [
      [child.stdout, process.stdout] as const,
      [child.stderr, process.stderr] as const,
    ]) {
      const decoder = new StringDecoder();
      from.on('data', (chunk: Buffer) => {
        to.write(chunk);
        tail = (tail + decoder.write(chunk)).slice(-MAX_TAIL_LENGTH);
      });
    }
    const kill = () => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    signal.addEventListener('abort', kill, { once: true });
    const settle = (error?: unknown) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason);
      else if (error === undefined) resolve();
      else reject(error);
    };
    child.on('error', (error) =>
      settle(new CommandError(displayName, 'could not be started', error.message)),
    );
    child.on('close', (code, killedBy) => {
      if (code === 0) settle();
      else
        settle(
          new CommandError(
            displayName,
            killedBy === null ? `ended with code ${code}` : `was killed by ${killedBy}`,
            tail.trim(),
          ),
        );
    });
  });
}

/** Sends the signal to a process group. Does nothing if the group has no process. */
export function killGroup(leader: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group has no process.
  }
}
