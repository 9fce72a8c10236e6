/**
 * Pipelines that write traces, and ways to stop the processes that execute them.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { RunDocument } from '../unit/cli/contract.ts';
import type { Project, Running } from './cli.ts';

/** The time in which a state must be reached, also on a busy machine. */
export const STATE_TIMEOUT_MS = 60_000;

/** The first lines of a module: `trace` appends to `trace.txt`, `appeared` waits for a file. */
export const TRACED = `
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { component, currentStep, pipeline, sleep } from 'headrace';

const trace = (line: string) => appendFileSync('trace.txt', line + '\\n');
const appeared = async (file: string) => { while (!existsSync(file)) await delay(10); };
`;

/** The lines that steps wrote so far. */
export function traceOf({ folder }: Project): readonly string[] {
  const file = join(folder, 'trace.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

export const countOf = (project: Project, line: string): number =>
  traceOf(project).filter((each) => each === line).length;

export const until = (state: () => boolean | Promise<boolean>): Promise<unknown> =>
  vi.waitUntil(state, { timeout: STATE_TIMEOUT_MS, interval: 20 });

export const untilTraced = (project: Project, line: string): Promise<unknown> =>
  until(() => traceOf(project).includes(line));

/** Kills the command, and resolves when it has exited. */
export async function kill(running: Running): Promise<void> {
  running.process.kill('SIGKILL');
  await running.ended;
}

/** The newest run, as recorded. */
export const latestRun = async (project: Project): Promise<RunDocument> =>
  (await project.json('runs', 'show', 'latest')).run;

export const completedNames = (run: RunDocument): readonly string[] =>
  run.steps.filter(({ status }) => status === 'completed').map(({ name }) => name);

/** True for a process that exists and is no zombie. */
export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Samples the memory of a process until it exits. Returns a function for its peak in MiB. */
export function watchMemory(pid: number): () => number {
  let peak = 0;
  const sample = () => {
    try {
      peak = Math.max(
        peak,
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
      );
    } catch {
      clearInterval(timer);
    }
  };
  const timer = setInterval(sample, 50);
  sample();
  return () => {
    clearInterval(timer);
    return peak;
  };
}
