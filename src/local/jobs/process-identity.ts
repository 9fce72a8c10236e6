/**
 * Identifies a process by its id and its start time, because the system reuses process ids.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** In the form of the system's report. With equal ids, equal texts mean the same process. */
  readonly startTime: string;
}

/** Returns undefined if there is no such process. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === 'linux' ? startTimeOnLinux(pid) : startTimeByPs(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isProcessAlive({ pid, startTime }: ProcessIdentity): boolean {
  return processIdentity(pid)?.startTime === startTime;
}

/**
 * Returns field 22 of `/proc/<pid>/stat`, the start time in clock ticks after boot (see
 * proc_pid_stat(5)). Field 2, the name, may contain blanks and parentheses.
 */
function startTimeOnLinux(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Z (zombie) and X: the process has exited.
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

function startTimeByPs(pid: number): string | undefined {
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}
