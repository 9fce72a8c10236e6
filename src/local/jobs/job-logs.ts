/**
 * The log files of jobs, in `<home>/logs/<run>`.
 *
 * @module
 */
import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StepSpec } from '../../model/spec.ts';
import type { Assignment } from '../../runner/protocol.ts';
import { makePrivateFolder } from '../private-files.ts';
import { hadChildProcesses } from './process-identity.ts';
import type { RunnerProcess } from './runner-process.ts';

export class JobLogs {
  readonly #home: string;
  readonly #createdFolders = new Set<string>();

  constructor(home: string) {
    this.#home = home;
  }

  /**
   * Gives a job its log. A log that is empty is moved into its place, and the runner's open file
   * descriptor stays valid: to create a file takes longer than all else that the start of a job
   * does. If the last attempt has written to its log, or may have left a process that writes to it
   * later, the runner creates the file and redirects its output.
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
    const isMoved = runner.attemptCount === 0 || isUnused(runner);
    if (isMoved) renameSync(runner.logFile, file);
    runner.logFile = file;
    return isMoved ? { logStream } : { logStream, outputFile: file };
  }
}

/** Whether the runner's log is empty, and no earlier attempt can write to it. */
const isUnused = ({ logFile, pid }: RunnerProcess): boolean =>
  pid !== undefined &&
  hadChildProcesses(pid) === false &&
  statSync(logFile, { throwIfNoEntry: false })?.size === 0;
