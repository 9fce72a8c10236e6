/**
 * The working directory and the time zone of the process during runs in debug mode: those that
 * logic and steps have in the other modes.
 *
 * The settings belong to the whole process. The first run of several at a time changes them, and
 * the last one restores them. A worker thread has no working directory of its own, so it stays.
 *
 * @module
 */
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { TIME_ZONE } from '../../model/time-zone.ts';
import { changeDirectory } from '../working-directory.ts';

let runs = 0;
let restoreProcess: () => void = () => undefined;

export class Surroundings {
  readonly #root: string | undefined;

  /** @param root the root of the project; undefined if the pipeline was not declared in a file */
  constructor(root: string | undefined) {
    this.#root = root;
    if (runs++ === 0) restoreProcess = changeProcess(root);
  }

  /**
   * Enters the working directory of a step. The returned function leaves it.
   *
   * @throws StepCodeError
   */
  enter(workingDir: string | undefined): () => void {
    if (workingDir === undefined || !isMainThread) return () => undefined;
    const before = process.cwd();
    changeDirectory(resolve(this.#root ?? '.', workingDir));
    return () => process.chdir(before);
  }

  close(): void {
    runs -= 1;
    if (runs === 0) restoreProcess();
  }
}

function changeProcess(root: string | undefined): () => void {
  const { TZ } = process.env;
  process.env.TZ = TIME_ZONE;
  const directory = process.cwd();
  if (root !== undefined && isMainThread) process.chdir(root);
  return () => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
    if (isMainThread) process.chdir(directory);
  };
}
