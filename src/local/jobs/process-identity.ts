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
 * False if the process never had a child process that has ended. Undefined if that is unknown: only
 * Linux reports it.
 */
export function hadChildProcesses(pid: number): boolean | undefined {
  // Field 11 counts the page faults of children that have ended. The start of a program causes some.
  const faults = process.platform === 'linux' ? statFieldOnLinux(pid, 11) : undefined;
  return faults === undefined ? undefined : faults !== '0';
}

/** Field 22 is the start time, in clock ticks after boot. */
const startTimeOnLinux = (pid: number): string | undefined => statFieldOnLinux(pid, 22);

/**
 * Returns a field of `/proc/<pid>/stat`, by its number in proc_pid_stat(5), which is at least 4.
 * Undefined if the process has exited. Field 2, the name, may contain blanks and parentheses.
 */
function statFieldOnLinux(pid: number, number: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Z (zombie) and X: the process has exited.
    return state === 'Z' || state === 'X' ? undefined : fields[number - 4];
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
