/**
 * Pipelines that leave traces, and ways to stop what runs them.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { RunDocument } from '../unit/cli/contract.ts';
import type { Project, Running } from './cli.ts';

/** The machine may be busy: a state that does not come in this time never will. */
export const PATIENCE = 60_000;

/**
 * What a traced project's modules begin with: `trace` appends a line to `trace.txt`, `appeared`
 * waits for a file.
 */
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
  vi.waitUntil(state, { timeout: PATIENCE, interval: 20 });

export const traced = (project: Project, line: string): Promise<unknown> =>
  until(() => traceOf(project).includes(line));

/** Ends the command as the system would in need, and resolves when it is gone. */
export async function kill(running: Running): Promise<void> {
  running.process.kill('SIGKILL');
  await running.ended;
}

/** The newest run as it is on record. */
export const shown = async (project: Project): Promise<RunDocument> =>
  (await project.json('runs', 'show', 'latest')).run;

export const completedNames = (run: RunDocument): readonly string[] =>
  run.steps.filter(({ status }) => status === 'completed').map(({ name }) => name);

/** True for a process that is there and no zombie. */
export function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** The most memory that the process has had, in MiB, as far as it was looked at before it ended. */
export function watchMemory(pid: number): () => number {
  let peak = 0;
  const look = () => {
    try {
      peak = Math.max(
        peak,
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
      );
    } catch {
      clearInterval(timer);
    }
  };
  const timer = setInterval(look, 50);
  look();
  return () => {
    clearInterval(timer);
    return peak;
  };
}
