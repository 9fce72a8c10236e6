/**
 * The API's operations on runs in AWS. Only the controller's function changes a run: the API
 * creates runs and sends transitions.
 *
 * 1. A creation first sends the transition that starts the run with a delay, then writes the run,
 *    then sends the transition without a delay. If the API crashes in between, a run that is on
 *    record still starts.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type {
  AnnotationChange,
  RerunRequest,
  RunControl,
  RunnableVersion,
  RunRequest,
  SignalRequest,
  TagChange,
} from '../../src/api/ports.ts';
import { ProblemError } from '../../src/api/problems.ts';
import type { SqsTransitions } from '../../src/aws/messages/transition-queue.ts';
import type { DynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
import type { DelayQueue } from '../../src/aws/timers/timer-scheduler.ts';
import { requireResumable } from '../../src/controller/restart/resume-limit.ts';
import { newHead } from '../../src/controller/run/run-head.ts';
import { removeRun } from '../../src/controller/run/run-removal.ts';
import { requestedRerun } from '../../src/engine/rerun-info.ts';
import type { RunId } from '../../src/model/ids.ts';
import { daysToMs, type Retention } from '../../src/model/retention.ts';
import { isTerminalRun, type NewRun, type Run } from '../../src/model/run.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ModelRegistry } from '../../src/ports/model-registry.ts';
import type { Objects } from '../../src/ports/objects.ts';
import type { RunQueries } from '../../src/ports/tasks.ts';
import { requestedRun } from '../../src/submit/prepare.ts';
import { newRunId } from '../../src/submit/run-id.ts';

/** The delay after which a run starts whose first message was lost. */
const START_FALLBACK_DELAY_MS = 60_000;

export interface RunControlOptions {
  readonly tasks: DynamoTasks;
  readonly objects: Pick<Objects, 'remove'>;
  readonly queries: Pick<RunQueries, 'allSteps'>;
  readonly cache: Pick<Cache, 'entry'>;
  readonly models: Pick<ModelRegistry, 'keptObjects'>;
  readonly transitions: SqsTransitions;
  readonly delayQueue: DelayQueue;
  readonly clock: Clock;
  readonly retention: Pick<Retention, 'activeDays'>;
}

/** Rule 1. */
export async function createRun(
  {
    tasks,
    transitions,
    delayQueue,
    clock,
  }: Pick<RunControlOptions, 'tasks' | 'transitions' | 'delayQueue' | 'clock'>,
  info: NewRun,
): Promise<Run> {
  const created = { kind: 'run.created', run: info.id } as const;
  await delayQueue.send([{ transition: created, at: clock.now() + START_FALLBACK_DELAY_MS }]);
  const run = await tasks.createRun(info, newHead(info));
  await transitions.send([created]);
  return run;
}

export class AwsRunControl implements RunControl {
  readonly #options: RunControlOptions;

  constructor(options: RunControlOptions) {
    this.#options = options;
  }

  newId(): RunId {
    return newRunId(this.#options.clock.now());
  }

  prepare(version: RunnableVersion, request: RunRequest): NewRun {
    return requestedRun(version, request, this.#options.clock.now());
  }

  create(info: NewRun): Promise<Run> {
    return createRun(this.#options, info);
  }

  async resume(run: Run): Promise<void> {
    const { info, head } = run;
    if (!isTerminalRun(head.status))
      throw new ProblemError(
        409,
        `run ${info.id} is ${head.status}: only a run that has ended can be resumed`,
      );
    const { clock, retention } = this.#options;
    requireResumable(run, clock.now(), daysToMs(retention.activeDays));
    await this.#options.transitions.send([
      { kind: 'run.resume', run: info.id, revision: head.revision },
    ]);
  }

  prepareRerun(source: Run, request: RerunRequest): NewRun {
    return requestedRerun(source.info, request, this.#options.clock.now());
  }

  async abort({ info, head: { generation } }: Run, reason: string): Promise<void> {
    // The request is recorded, so that it does not wait behind other messages of the run. The
    // message starts a turn if there are no others.
    await this.#options.tasks.requestAbort(info.id, reason);
    await this.#options.transitions.send([{ kind: 'run.abort', run: info.id, reason, generation }]);
  }

  async signal({ info }: Run, { id, name, value }: SignalRequest): Promise<void> {
    await this.#options.transitions.send([{ kind: 'run.signal', run: info.id, id, name, value }]);
  }

  /**
   * The discriminator of the message is random: SQS would drop an equal message within minutes, but
   * a tag may be added, removed and added again.
   */
  async tag({ info }: Run, { add, remove }: TagChange): Promise<void> {
    await this.#options.transitions.send(
      [{ kind: 'run.tags', run: info.id, add: [...add], remove: [...remove] }],
      randomUUID(),
    );
  }

  async annotate({ info }: Run, { note, archived }: AnnotationChange): Promise<void> {
    await this.#options.transitions.send(
      [
        {
          kind: 'run.annotations',
          run: info.id,
          ...(note === undefined ? {} : { note }),
          ...(archived === undefined ? {} : { archived }),
        },
      ],
      randomUUID(),
    );
  }

  async remove({ info }: Run): Promise<void> {
    const { tasks, queries, objects, cache, models } = this.#options;
    await removeRun({ removal: tasks, queries, objects, cache, models }, info);
  }
}
