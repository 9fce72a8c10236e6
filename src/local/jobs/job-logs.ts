/**
 * The log files of jobs, in `<home>/logs/<run>`.
 *
 * @module
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { StepSpec } from '../../model/spec.ts';
import type { Assignment } from '../../runner/protocol.ts';
import { makePrivateFolder } from '../private-files.ts';
import type { RunnerProcess } from './runner-process.ts';

export class JobLogs {
  readonly #home: string;
  readonly #createdFolders = new Set<string>();

  constructor(home: string) {
    this.#home = home;
  }

  /**
   * Gives a job its log. That of a new runner is moved into the folder of the run, and its open
   * file descriptor stays valid. A runner that stayed creates the file and redirects its output.
   */
  open(
    runner: RunnerProcess,
    job: string,
    { run, call, attempt }: StepSpec,
  ): Pick<Assignment, 'logStream' | 'outputFile'> {
    const folder = `logs/${run}`;
    if (!this.#createdFolders.has(folder)) makePrivateFolder(join(this.#home, folder));
    this.#createdFolders.add(folder);
    const logStream = `${folder}/${call}-${attempt}-${job}.log`;
    const file = join(this.#home, logStream);
    if (runner.attemptCount > 0) return { logStream, outputFile: file };
    renameSync(runner.logFile, file);
    return { logStream };
  }
}
