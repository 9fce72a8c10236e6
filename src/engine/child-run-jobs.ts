/**
 * Child runs as jobs: the jobs port of an engine, in which runs of other pipelines stand for the jobs
 * of steps that are child runs.
 *
 * 1. The id of the run follows from the job, so that a launch that is repeated creates it once.
 * 2. The run is created, then started by a message. If the process crashes in between, the parent's
 *    launch is repeated, and sends the message again. A message that arrives twice changes nothing.
 * 3. A further attempt of a step is a rerun of the child run of the attempt before, which adopts its
 *    completed calls.
 * 4. A child run belongs to the project of its parent.
 * 5. Large arguments are objects below the prefix of the child run, written before its record: it does
 *    not depend on the objects of its parent.
 *
 * @module
 */
import { decode, fromInline, placeRefs } from '../codec/index.ts';
import { storeValue } from '../controller/logic/value-storage.ts';
import { withOwnArguments } from '../controller/run/own-arguments.ts';
import { newHead } from '../controller/run/run-head.ts';
import {
  CHILD_RUN_QUEUE,
  ChildRunLimitError,
  requireSameProject,
  UnknownChildError,
} from '../model/child-pipeline.ts';
import { childRunId, isChildJob } from '../model/child-run-ids.ts';
import { HeadraceError, toErrorRecord } from '../model/errors.ts';
import type { JobIndex, RunId } from '../model/ids.ts';
import { MAX_CHILD_ARGUMENTS_BYTES, MAX_CHILD_DEPTH } from '../model/limits.ts';
import { isTerminalRun, type NewRun, type ParentStep, type RunInfo } from '../model/run.ts';
import type { StepSpec } from '../model/spec.ts';
import { isStored, type StoredValue, type Value } from '../model/value.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChildRunGroup, JobGroup, Jobs, LaunchRefusal } from '../ports/jobs.ts';
import type { Objects } from '../ports/objects.ts';
import type { Registry } from '../ports/registry.ts';
import type { Tasks } from '../ports/tasks.ts';
import type { Transitions } from '../ports/transitions.ts';
import { bindChildArguments } from '../submit/child-arguments.ts';
import { newRunOf, type StoredVersion } from '../submit/prepare.ts';

export interface ChildRunOptions {
  readonly tasks: Pick<Tasks, 'createRun' | 'run'>;
  readonly registry: Pick<Registry, 'version'>;
  readonly objects: Pick<Objects, 'get' | 'putIfAbsent'>;
  readonly transitions: Transitions;
  readonly clock: Clock;
  /** Whether jobs may evaluate logic. Default: no. */
  readonly evaluatorJobs?: boolean;
  /**
   * Called before a run is created or used: the engine handles its messages from now on. In AWS each
   * message reaches a controller.
   */
  readonly adopt?: (child: RunId, parent: RunId) => Promise<void>;
}

/** Returns a port with child runs in addition to `jobs`. */
export const withChildRuns = (jobs: Jobs, options: ChildRunOptions): Jobs =>
  new JobsAndChildRuns(jobs, options);

class JobsAndChildRuns implements Jobs {
  readonly #jobs: Jobs;
  readonly #options: ChildRunOptions;

  constructor(jobs: Jobs, options: ChildRunOptions) {
    this.#jobs = jobs;
    this.#options = options;
  }

  async submit(
    group: JobGroup,
    isNew?: boolean,
    started?: ReadonlySet<number>,
  ): Promise<LaunchRefusal | undefined> {
    const { childRuns, name, specs } = group;
    if (childRuns === undefined) return this.#jobs.submit(group, isNew, started);
    for (const [index, spec] of specs.entries()) {
      const job = { name, index };
      if (isNew !== true && (await this.#startCreated(job, childRuns))) continue;
      const refusal = await this.#start(spec, job, childRuns);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  findsJobs(queue: string): boolean {
    return queue === CHILD_RUN_QUEUE || this.#jobs.findsJobs(queue);
  }

  async state(job: JobIndex): Promise<Awaited<ReturnType<Jobs['state']>>> {
    if (!isChildJob(job.name)) return this.#jobs.state(job);
    const child = childRunId(job);
    const run = await this.#options.tasks.run(child);
    if (run === undefined) return 'unknown';
    if (isTerminalRun(run.head.status)) return 'ended';
    if (run.info.parent !== undefined) await this.#options.adopt?.(child, run.info.parent.run);
    return run.head.status === 'queued' ? 'waiting' : 'running';
  }

  async waitingReason(job: JobIndex, queuedAt: number): Promise<string | undefined> {
    return isChildJob(job.name) ? undefined : this.#jobs.waitingReason?.(job, queuedAt);
  }

  async terminate(job: JobIndex, reason: string, id?: string): Promise<void> {
    if (!isChildJob(job.name)) return this.#jobs.terminate(job, reason, id);
    const { tasks, adopt, transitions } = this.#options;
    const child = childRunId(job);
    const run = await tasks.run(child);
    if (run === undefined || isTerminalRun(run.head.status)) return;
    if (run.info.parent !== undefined) await adopt?.(child, run.info.parent.run);
    const { generation } = run.head;
    await transitions.send([{ kind: 'run.abort', run: child, reason, generation }]);
  }

  reportsTermination(queue: string): boolean {
    return queue === CHILD_RUN_QUEUE || this.#jobs.reportsTermination(queue);
  }

  /** Repeats the launch of a run that was created: its arguments are not read again. */
  async #startCreated(job: JobIndex, { parent }: ChildRunGroup): Promise<boolean> {
    const { tasks, transitions, adopt } = this.#options;
    const child = childRunId(job);
    const created = await tasks.run(child);
    if (created === undefined) return false;
    await adopt?.(child, parent.id);
    if (created.head.status === 'queued')
      await transitions.send([{ kind: 'run.created', run: child }]);
    return true;
  }

  async #start(
    spec: StepSpec,
    job: JobIndex,
    group: ChildRunGroup,
  ): Promise<LaunchRefusal | undefined> {
    const { tasks, transitions, adopt } = this.#options;
    const child = childRunId(job);
    let info: NewRun;
    try {
      info = await this.#newRun(child, spec, job, group);
    } catch (error) {
      if (!(error instanceof HeadraceError)) throw error;
      return { permanent: true, reason: error.message, error: toErrorRecord(error) };
    }
    await adopt?.(child, group.parent.id);
    await tasks.createRun(info, newHead(info));
    await transitions.send([{ kind: 'run.created', run: child }]);
    return undefined;
  }

  /** @throws HeadraceError if the call can never start a run */
  async #newRun(
    id: RunId,
    spec: StepSpec,
    job: JobIndex,
    { pipelineId, parent, previousJobs }: ChildRunGroup,
  ): Promise<NewRun> {
    const { clock, objects, tasks } = this.#options;
    const depth = (parent.parent?.depth ?? 0) + 1;
    if (depth > MAX_CHILD_DEPTH) throw new ChildRunLimitError(spec.component, 'depth');
    const parentStep: ParentStep = {
      run: parent.id,
      pipeline: parent.pipeline,
      number: parent.number,
      step: spec.step,
      call: spec.call,
      job,
      depth,
    };
    const previous = previousJobs[job.index];
    const earlier = previous === undefined ? undefined : await tasks.run(childRunId(previous));
    if (earlier !== undefined) {
      const { number: _, rerunFrom: __, ...info } = earlier.info;
      return {
        ...withOwnArguments(info, id),
        id,
        createdAt: clock.now(),
        rerunOf: earlier.info.id,
        rerunFrom: { step: null, sameCode: true },
        parent: parentStep,
      };
    }
    const version = await this.#versionOf(pipelineId, parent, spec);
    const { declaration, code } = version.content;
    const queue = declaration.pipelineExecutionQueue;
    requireSameProject(declaration, parent);
    const location = { id, declaration, project: declaration.project };
    const { args, encodedArgs } = await bindChildArguments(
      spec.component,
      await this.#valuesOf(spec),
      code.signature,
      (value) => storeValue(objects, location, value),
    );
    return {
      ...newRunOf(version, {
        id,
        args,
        noCache: parent.noCache,
        createdBy: parent.createdBy,
        defaultQueue: parent.defaultQueue,
        now: clock.now(),
        ...(this.#options.evaluatorJobs === true && queue !== null && queue !== 'services'
          ? { evaluatedBy: 'job' as const }
          : {}),
      }),
      ...(encodedArgs === undefined ? {} : { encodedArgs }),
      parent: parentStep,
      ...(parent.inputs === undefined ? {} : { inputs: parent.inputs }),
    };
  }

  async #versionOf(
    pipelineId: string,
    parent: RunInfo,
    { component }: StepSpec,
  ): Promise<StoredVersion> {
    const { code, declaration, version, defaultQueue, createdAt } = parent;
    if (pipelineId === code.id)
      return { version, content: { code, declaration, defaultQueue, createdAt } };
    const child = code.children?.find(({ id }) => id === pipelineId);
    if (child === undefined) throw new UnknownChildError(component);
    const { project, name } = child;
    const found = await this.#options.registry.version({ project, name }, child.version);
    if (found === undefined || found.content === null || found.codeHash !== child.codeHash)
      throw new UnknownChildError(component);
    return { version: child.version, content: found.content };
  }

  /** The arguments of the call, with the results of other steps in their places. */
  async #valuesOf({ component, args, refs }: StepSpec): Promise<readonly unknown[]> {
    const values = [args, ...refs.map(({ value }) => value)];
    const size = values.reduce(
      (sum, value) => sum + (value !== null && isRead(value) ? value.size : 0),
      0,
    );
    if (size > MAX_READ_BYTES) throw new ChildRunLimitError(component, 'arguments');
    const list = await this.#read(args);
    const placed = await Promise.all(
      refs.map(async ({ path, value }) => ({
        path,
        value: value === null ? undefined : await this.#read(value),
      })),
    );
    return placeRefs(Array.isArray(list) ? list : [], placed);
  }

  async #read(value: Value): Promise<unknown> {
    if (!isStored(value)) return decode(fromInline(value));
    const { format, key, size } = value;
    if (format === 'custom') return new SerializedArtifact();
    if (format === 'file' || format === 'folder') return new ArtifactFile();
    const bytes = await this.#options.objects.get(key, size);
    if (format === 'bytes')
      return value.view === undefined ? Buffer.from(bytes) : new Uint8Array(bytes);
    return decode(
      format === 'cbor' ? { format, bytes } : { format, text: Buffer.from(bytes).toString('utf8') },
    );
  }
}

/** JSON has up to twice the size of the CBOR that the child run may get. */
const MAX_READ_BYTES = 2 * MAX_CHILD_ARGUMENTS_BYTES;

/** Whether the value is an object that is read when the child run starts. */
const isRead = (value: Value): value is StoredValue =>
  isStored(value) && !['custom', 'file', 'folder'].includes(value.format);

/** Stands for a file. The error about it names its class. */
class ArtifactFile {}
/** Stands for what the pipeline's own serializer wrote. */
class SerializedArtifact {}
