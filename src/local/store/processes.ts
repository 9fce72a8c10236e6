/**
 * Whether a process of this machine still lives. A process is known by its id and its start time, for ids are given again.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Owner {
  readonly pid: number;
  /** When the process started, as text that is equal for the same process whenever it is asked, whatever the clock was set to since. */
  readonly started: string;
  /** Tells two engines of one process apart. */
  readonly engine: string;
}

/** A new engine of this process. */
export function newOwner(): Owner {
  return { pid: process.pid, started: startOf(process.pid) ?? 'unknown', engine: randomUUID() };
}

/** True if the process that the owner lived in still runs; a process that ended and that nobody waited for (a zombie) does not. */
export function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const start = startOf(pid);
  // There is such a process, but nothing may be known of it: rather wait for a stranger than take a run from its owner.
  return start === undefined || start === started;
}

const ENDED = 'ended';

function startOf(pid: number): string | undefined {
  return process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid);
}

/** Clock ticks since the machine started (field 22), with the machine's start. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets, which may hold blanks and brackets itself.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return ENDED;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[18]}`;
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): string | undefined {
  try {
    const environment = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const [state = '', ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', env: environment })
      .trim()
      .split(/\s+/);
    return state === '' || state.startsWith('Z') ? ENDED : start.join(' ');
  } catch {
    return undefined;
  }
}
