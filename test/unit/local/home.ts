/**
 * Temporary homes for the tests of the embedded ports, and processes that work on them.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { openStore, type Store } from '../../../src/local/store/store.ts';

/** Creates homes and stores, which are removed after each test. */
export function temporaryHomes(): { home(): string; open(home: string): Store } {
  const homes: string[] = [];
  const stores: Store[] = [];
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
    for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
  });
  return {
    home() {
      const home = mkdtempSync(join(tmpdir(), 'headrace-'));
      homes.push(home);
      return home;
    },
    open(home) {
      const store = openStore(home);
      stores.push(store);
      return store;
    },
  };
}

/**
 * Starts `writer.ts` on a home. It commits to its own run, and prints the revision after each
 * commit.
 */
export function startWriter(home: string, run: number, commits: number): ChildProcess {
  const program = fileURLToPath(new URL('writer.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', program, home, String(run), String(commits)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface ProcessResult {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Resolves when the process has exited. */
export function resultOf(child: ChildProcess): Promise<ProcessResult> {
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (data) => {
    output += data;
  });
  child.stderr?.on('data', (data) => {
    errors += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
  });
}
