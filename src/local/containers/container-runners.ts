/**
 * The runners of steps in containers: processes that start a container each
 * (`programs/container-shim.ts`).
 *
 * @module
 */
import type { ContainerAssignment, ContainerHost } from '../../runner/protocol.ts';
import { type ChildProgram, containerShimProgram } from '../jobs/child-programs.ts';
import type { ProcessIdentity } from '../jobs/process-identity.ts';
import { createRunnerPool, type RunnerPool } from '../jobs/runner-pool.ts';
import { RunnerProcess, type RunnerProcessOptions } from '../jobs/runner-process.ts';
import type { SubmittedJob } from '../jobs/submitted-groups.ts';

export interface ContainerRunnersOptions extends Omit<RunnerProcessOptions, 'program'> {
  readonly host: ContainerHost;
  /** Default: the package's own. */
  readonly program: ChildProgram | undefined;
  readonly poolSize: number;
  readonly engine: ProcessIdentity;
}

export class ContainerRunners {
  readonly pool: RunnerPool;
  readonly #host: ContainerHost;
  readonly #engine: ProcessIdentity;

  constructor({ host, engine, poolSize, program, ...options }: ContainerRunnersOptions) {
    this.#host = host;
    this.#engine = engine;
    const used = program ?? containerShimProgram();
    this.pool = createRunnerPool(poolSize, () => new RunnerProcess({ ...options, program: used }));
  }

  /** The container of a job; undefined if its step needs the files of this machine. */
  containerOf({ container }: SubmittedJob): ContainerAssignment | undefined {
    if (container === undefined) return undefined;
    const { pid, startTime } = this.#engine;
    return { settings: container, host: this.#host, engine: `${pid} ${startTime}` };
  }
}
