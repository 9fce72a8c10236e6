/**
 * Sends notifications about the runs of an engine, by the rules of its home.
 *
 * 1. A notification never changes a run, and nothing but the end of the process waits for it. A
 *    failure to send is printed.
 * 2. The rules are read for each change, so that a server follows them.
 * 3. A change is sent after it is on record, once or not at all: a process that dies in between
 *    sends nothing later.
 *
 * @module
 */
import { readNotificationRules } from '../local/notifications/rules.ts';
import { stepBehind } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { NotificationType } from '../model/notification-types.ts';
import { notificationOf, ruleMatches, shownTarget } from '../model/notifications.ts';
import type { Run } from '../model/run.ts';
import { runFacts } from '../model/run-facts.ts';
import { type SendOptions, sendNotification } from '../notifications/send.ts';
import type { StatusEvent } from '../ports/events.ts';
import type { Tasks } from '../ports/tasks.ts';
import { hint } from '../view/hints.ts';
import { homeTarget } from './home.ts';

export interface NotifierOptions {
  readonly home: string;
  /** Prints a failure to send. */
  readonly note: (line: string) => void;
  readonly send?: SendOptions | undefined;
}

export interface Notifier {
  /** Receives each change of a status. It returns at once. */
  event(event: StatusEvent): void;
  /** Names the records of the runs. Earlier changes are sent then. */
  attach(tasks: Pick<Tasks, 'run' | 'steps'>): void;
  /** Resolves when nothing is being sent. */
  settled(): Promise<void>;
}

interface Change {
  readonly type: NotificationType;
  readonly run: RunId;
  readonly at: number;
  readonly signal: string | null;
}

export function createNotifier({ home, note, send }: NotifierOptions): Notifier {
  const sending = new Set<Promise<void>>();
  const early: Change[] = [];
  let tasks: Pick<Tasks, 'run' | 'steps'> | undefined;

  async function notify(change: Change, records: Pick<Tasks, 'run' | 'steps'>): Promise<void> {
    try {
      const rules = readNotificationRules(home);
      const run = rules.length === 0 ? undefined : await records.run(change.run);
      if (run === undefined) return;
      const facts = runFacts(run);
      const matching = rules.filter((rule) => ruleMatches(rule, change.type, facts));
      if (matching.length === 0) return;
      const { id } = run.info;
      const notification = notificationOf(
        { id, facts },
        {
          ...change,
          step: change.type === 'failed' ? await failedStepOf(run, records) : null,
          command: hint(homeTarget(home), 'runs', 'show', id),
        },
      );
      await Promise.all(
        matching.map(async (rule) => {
          const problem = await sendNotification(rule, notification, send);
          if (problem !== undefined)
            note(
              `notification ${rule.id} of run ${run.info.id} was not sent to ${shownTarget(rule)}: ${problem}`,
            );
        }),
      );
    } catch (error) {
      note(`no notifications are sent: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  const start = (change: Change, records: Pick<Tasks, 'run' | 'steps'>): void => {
    const done = notify(change, records).finally(() => sending.delete(done));
    sending.add(done);
  };

  return {
    event(event) {
      const change = changeOf(event);
      if (change === undefined) return;
      if (tasks === undefined) early.push(change);
      else start(change, tasks);
    },
    attach(records) {
      tasks = records;
      for (const change of early.splice(0)) start(change, records);
    },
    async settled() {
      while (sending.size > 0) await Promise.all(sending);
    },
  };
}

/** The step that the run's error names, else one whose failure no code handled. */
async function failedStepOf(
  { info, head: { error, failedStep } }: Run,
  records: Pick<Tasks, 'steps'>,
): Promise<string | null> {
  const named = error === null ? undefined : stepBehind(error);
  if (named !== undefined) return named;
  const [step] = failedStep === null ? [] : await records.steps(info.id, [failedStep]);
  return step?.name ?? null;
}

function changeOf(event: StatusEvent): Change | undefined {
  if (event.kind === 'signal')
    return { type: 'waiting', run: event.run, at: event.at, signal: event.name };
  if (event.kind !== 'run') return undefined;
  const { status, run, at } = event;
  return status === 'completed' || status === 'failed' || status === 'aborted'
    ? { type: status, run, at, signal: null }
    : undefined;
}
