/**
 * The check of a sweep for steps that wait in their queue for too long.
 *
 * A step is overdue only if no other step of its component runs in its queue: otherwise the queue
 * makes progress, and the step waits for its turn.
 *
 * @module
 */
import type { JobIndex } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import { failInQueue, isQueueTimeoutOver } from '../steps/queue-timeout.ts';
import { lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';

/** Jobs that one sweep terminates one by one. The next sweep continues. */
const MAX_SINGLE_TERMINATIONS = 200;

interface OverdueStep {
  readonly call: number;
  readonly job: JobIndex;
  /** Steps with this key make progress together. */
  readonly key: string;
}

export class QueueCheck {
  readonly #turn: Turn;
  readonly #overdue: OverdueStep[] = [];
  readonly #inProgress = new Set<string>();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  add(step: Step): void {
    const key = JSON.stringify([step.component, step.queue]);
    const attempt = lastAttempt(step);
    if (step.status === 'running') this.#inProgress.add(key);
    else if (attempt !== undefined && isQueueTimeoutOver(this.#turn, step))
      this.#overdue.push({ call: step.call, job: attempt.job, key });
  }

  /** Fails the overdue steps and terminates their jobs. */
  async failOverdueSteps(): Promise<void> {
    const { head, context, id } = this.#turn;
    if (head.status !== 'running') return;
    const byJob = new Map<string, OverdueStep[]>();
    for (const step of this.#overdue) {
      if (this.#inProgress.has(step.key)) continue;
      const steps = byJob.get(step.job.name);
      if (steps === undefined) byJob.set(step.job.name, [step]);
      else steps.push(step);
    }
    let left = MAX_SINGLE_TERMINATIONS;
    for (const [name, steps] of byJob) {
      const group = await context.tasks.group(id, name);
      // One request terminates the job of a whole group.
      const isWhole = steps.length === group?.members.length;
      const chosen = isWhole ? steps : steps.slice(0, left);
      if (!isWhole) left -= chosen.length;
      await this.#turn.load(chosen.map(({ call }) => call));
      for (const { call, job } of chosen) await this.#fail(call, job);
    }
  }

  async #fail(call: number, job: JobIndex): Promise<void> {
    const step = await this.#turn.requireStep(call);
    if (!isQueueTimeoutOver(this.#turn, step)) return;
    await failInQueue(this.#turn, step);
    this.#turn.afterCommit(() =>
      this.#turn.context.jobs.terminate(job, 'it waited in its queue for too long'),
    );
  }
}
