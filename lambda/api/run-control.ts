/**
 * The API's operations on runs in AWS. Only the controller's function changes a run: the API
 * creates runs and sends transitions.
 *
 * 1. `create` first sends the transition that starts the run with a delay, then writes the run,
 *    then sends the transition without a delay. If the API crashes in between, a run that is on
 *    record still starts.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { RunControl } from '../../src/api/ports.ts';
import { ProblemError } from '../../src/api/problems.ts';
import type { SqsTransitions } from '../../src/aws/messages/transition-queue.ts';
import type { DynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
import type { DelayQueue } from '../../src/aws/timers/timer-scheduler.ts';
import { newHead } from '../../src/controller/run/run-head.ts';
import { removeRun } from '../../src/controller/run/run-removal.ts';
import { rerunInfo } from '../../src/engine/rerun-info.ts';
import { isTerminalRun, type Run, type RunInfo } from '../../src/model/run.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Objects } from '../../src/ports/objects.ts';
import { completeArguments } from '../../src/submit/arguments.ts';
import { newRunOf } from '../../src/submit/prepare.ts';
import { newRunId } from '../../src/submit/run-id.ts';

/** The delay after which a run starts whose first message was lost. */
const START_FALLBACK_DELAY_MS = 60_000;

export interface RunControlOptions {
  readonly tasks: DynamoTasks;
  readonly objects: Pick<Objects, 'remove'>;
  readonly transitions: SqsTransitions;
  readonly delayQueue: DelayQueue;
  readonly clock: Clock;
}

export function createAwsRunControl({
  tasks,
  objects,
  transitions,
  delayQueue,
  clock,
}: RunControlOptions): RunControl {
  const create = async (info: Omit<RunInfo, 'number'>): Promise<Run> => {
    const created = { kind: 'run.created', run: info.id } as const;
    await delayQueue.send([{ transition: created, at: clock.now() + START_FALLBACK_DELAY_MS }]);
    const run = await tasks.createRun(info, newHead(info));
    await transitions.send([created]);
    return run;
  };

  return {
    newId: () => newRunId(clock.now()),
    prepare({ version, content }, { id, args, tags, noCache, defaultQueue, evaluatedBy }) {
      const declaration = {
        ...content.declaration,
        tags: [...new Set([...content.declaration.tags, ...tags])],
      };
      const completeArgs = completeArguments(args, content.code.signature);
      return newRunOf(
        { version, content: { ...content, declaration } },
        { id, args: completeArgs, noCache, defaultQueue, evaluatedBy, now: clock.now() },
      );
    },
    create,
    async resume({ info, head }) {
      if (!isTerminalRun(head.status))
        throw new ProblemError(
          409,
          `run ${info.id} is ${head.status}: only a run that has ended can be resumed`,
        );
      await transitions.send([{ kind: 'run.resume', run: info.id, revision: head.revision }]);
    },
    async rerun(source, { id, from, version }) {
      if (version !== null) completeArguments(source.info.args, version.content.code.signature);
      const info = rerunInfo(source.info, version ?? undefined, clock.now(), id);
      return await create({
        ...info,
        ...(from === null ? {} : { rerunFrom: { step: from, sameCode: version === null } }),
      });
    },
    async abort({ info, head: { generation } }, reason) {
      // The request is recorded, so that it does not wait behind other messages of the run. The
      // message starts a turn if there are no others.
      await tasks.requestAbort(info.id, reason);
      await transitions.send([{ kind: 'run.abort', run: info.id, reason, generation }]);
    },
    // A random discriminator: SQS would drop an equal message within minutes, but a tag may be
    // added, removed and added again.
    tag: ({ info }, { add, remove }) =>
      transitions.send(
        [{ kind: 'run.tags', run: info.id, add: [...add], remove: [...remove] }],
        randomUUID(),
      ),
    remove: ({ info }) => removeRun({ removal: tasks, objects }, info),
  };
}
