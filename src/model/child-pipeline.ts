/**
 * Child runs: a call of a pipeline in the logic of a pipeline is a step without a job. A run of the
 * called pipeline takes the place of the job.
 *
 * Free of Node.js, because it also runs in the logic's context.
 *
 * @module
 */
import { HeadraceError } from './headrace-error.ts';
import { MAX_CHILD_ARGUMENTS_BYTES, MAX_CHILD_CALLS, MAX_CHILD_DEPTH } from './limits.ts';

/** No component of a project has such an id: those start with the path of a source file. */
const CHILD_PREFIX = 'headrace#pipeline:';

/** The id of the component that stands for a pipeline in the logic of another one. */
export const childComponentId = (pipelineId: string): string => `${CHILD_PREFIX}${pipelineId}`;

/** The id of the pipeline that the component stands for; undefined for any other component. */
export const childPipelineId = (componentId: string | undefined): string | undefined =>
  componentId?.startsWith(CHILD_PREFIX) === true
    ? componentId.slice(CHILD_PREFIX.length)
    : undefined;

/** The options of the component. Retries are those of the steps of the child run. */
export const CHILD_RUN_OPTIONS = {
  returnValues: ['result'],
  retryOnFailure: 0,
  taskType: 'child run',
} as const;

/** The queue of steps that are child runs. No queue of a user has a `#` in its name. */
export const CHILD_RUN_QUEUE = 'headrace#child-runs';

const EXCEEDED = {
  depth: `in a child run at depth ${MAX_CHILD_DEPTH}, the deepest that is possible: a pipeline that calls itself needs a condition that ends it`,
  count: `more than ${MAX_CHILD_CALLS} times in one run: pass several inputs to one child run`,
  arguments: `with arguments of more than ${MAX_CHILD_ARGUMENTS_BYTES / 2 ** 20} MiB: make large data in a step of the child run, or pass an address that a step of the child run reads`,
} as const;

/** Child runs are nested too deeply, a run has too many of them, or one has too large arguments. */
export class ChildRunLimitError extends HeadraceError {
  constructor(
    readonly pipeline: string,
    readonly limit: 'depth' | 'count' | 'arguments',
  ) {
    super(`pipeline ${pipeline} was called ${EXCEEDED[limit]}`);
  }

  override get name(): string {
    return 'ChildRunLimitError';
  }
}

/** An argument of a child run cannot be passed to a run: it is a file, or was written by a serializer. */
export class ChildArgumentError extends HeadraceError {
  constructor(
    readonly pipeline: string,
    readonly parameter: string,
    readonly actual: string,
  ) {
    super(
      `the argument "${parameter}" of pipeline ${pipeline} is ${actual}, which cannot be passed to a child run: pass data, or an address that a step of the child run reads`,
    );
  }

  override get name(): string {
    return 'ChildArgumentError';
  }
}

/** The logic of the run has no code of the pipeline that it called. */
export class UnknownChildError extends HeadraceError {
  constructor(readonly pipeline: string) {
    super(`the code of this run does not contain pipeline ${pipeline}, which its logic called`);
  }

  override get name(): string {
    return 'UnknownChildError';
  }
}

/** A pipeline was called by a pipeline of another project. */
export class ChildProjectError extends HeadraceError {
  constructor(
    readonly pipeline: string,
    readonly project: string,
    readonly parentProject: string,
  ) {
    super(
      `pipeline ${pipeline} belongs to project ${JSON.stringify(project)}, and the pipeline that calls it to ${JSON.stringify(parentProject)}: a child run belongs to the project of its parent. Give both the same project and targetProject`,
    );
  }

  override get name(): string {
    return 'ChildProjectError';
  }
}

interface ProjectOptions {
  readonly project: string;
  readonly targetProject?: string | undefined;
}

/**
 * Steps read and write the objects of their project only.
 *
 * @throws ChildProjectError
 */
export function requireSameProject(
  child: ProjectOptions & { readonly name: string },
  parent: { readonly declaration: ProjectOptions },
): void {
  const { project, targetProject = project } = child;
  const own = parent.declaration;
  const ownTarget = own.targetProject ?? own.project;
  if (project !== own.project) throw new ChildProjectError(child.name, project, own.project);
  if (targetProject !== ownTarget)
    throw new ChildProjectError(child.name, targetProject, ownTarget);
}
