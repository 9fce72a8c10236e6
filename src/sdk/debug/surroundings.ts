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
import type { ComponentDeclaration } from '../../model/options.ts';
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
   * Enters the working directory of a step, and sets its variables: steps run one at a time. The
   * returned function restores both.
   *
   * @throws StepCodeError
   */
  enter({ workingDir, environment }: StepSurroundings): () => void {
    const leave = this.#enterDirectory(workingDir);
    const restore = setVariables(environment);
    return () => {
      leave();
      restore();
    };
  }

  #enterDirectory(workingDir: string | undefined): () => void {
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

type StepSurroundings = Pick<ComponentDeclaration, 'workingDir' | 'environment'>;

function setVariables(variables: Readonly<Record<string, string>> = {}): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
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
