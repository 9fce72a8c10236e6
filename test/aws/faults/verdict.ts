/**
 * What is true of the runs when their story is told, in a form that is equal for two tellings: and
 * whether a telling with a fault came to the same.
 *
 * @module
 */
import type { RunId } from '../../../src/model/ids.ts';
import type { World } from './deployment/faulty-deployment.ts';

export interface ToldRun {
  readonly status: string;
  readonly result: unknown;
  readonly tags: readonly string[];
  /** `<call> <name> <status>` */
  readonly steps: readonly string[];
  /** Attempts of each call. */
  readonly attempts: readonly number[];
  /** Of the history, by kind and call. */
  readonly events: readonly string[];
  readonly artifacts: readonly string[];
}

export interface Told {
  readonly runs: readonly ToldRun[];
  /** Of all runs of the project. */
  readonly count: number;
}

const PAGE = 1000;

export async function told(world: World, project: string, runs: readonly RunId[]): Promise<Told> {
  const all = await world.queries.runs({ project, limit: PAGE });
  return { runs: await Promise.all(runs.map((run) => toldRun(world, run))), count: all.length };
}

async function toldRun({ tasks, queries }: World, id: RunId): Promise<ToldRun> {
  const head = (await tasks.run(id))?.head;
  const steps = (await queries.allSteps(id)).filter(({ status }) => status !== 'superseded');
  const events = await tasks.events(id, 0, PAGE);
  const eventNames = events.map((event) =>
    `${event.kind} ${'call' in event ? event.call : event.kind === 'sleepEnded' ? event.sleep : ''} ${event.kind === 'callback' ? event.input.kind : ''}`.trim(),
  );
  return {
    status: head?.status ?? 'missing',
    result: head?.result ?? null,
    tags: [...(head?.tags ?? [])].sort(),
    steps: steps.map(({ call, name, status }) => `${call} ${name} ${status}`),
    attempts: steps.map(({ attempts }) => attempts.length),
    events: eventNames.sort(),
    artifacts: steps
      .flatMap(({ call, artifacts }) => artifacts.map(({ name }) => `${call} ${name}`))
      .sort(),
  };
}

/** Whom a fault may cost an attempt or an execution more. */
export interface Excuse {
  /** Attempts that a step may have more, of all steps together. */
  readonly attempts: number;
  /** A report that is lost is lost: metrics and uploads are in no other message. */
  readonly reports: boolean;
}

/** What is wrong; nothing, if the story came to the same end. */
export async function wrongs(
  world: World,
  wanted: Told,
  found: Told,
  { attempts: excused, reports }: Excuse,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  if (found.count !== wanted.count)
    wrong.push(`there are ${found.count} runs, not ${wanted.count}`);
  let more = 0;
  for (const [index, want] of wanted.runs.entries()) {
    const have = found.runs[index];
    for (const part of ['status', 'result', 'tags', 'steps', 'events', 'artifacts'] as const) {
      if (part === 'artifacts' && reports) continue;
      const [a, b] = [JSON.stringify(want[part]), JSON.stringify(have?.[part])];
      if (a !== b) wrong.push(`run ${index}: its ${part} are ${b}, not ${a}`);
    }
    for (const [call, count] of want.attempts.entries()) {
      const extra = (have?.attempts[call] ?? 0) - count;
      if (extra < 0) wrong.push(`run ${index}: call ${call} has ${-extra} attempts less`);
      more += Math.max(0, extra);
    }
  }
  const byAttempt = new Map<string, number>();
  for (const { of } of world.executions) byAttempt.set(of, (byAttempt.get(of) ?? 0) + 1);
  more += [...byAttempt.values()].reduce((sum, times) => sum + times - 1, 0);
  if (more > excused)
    wrong.push(`${more} attempts or executions more than there should be, not ${excused}`);
  for (const { jobId, jobName, status } of world.batch.members) {
    if (status !== 'SUCCEEDED' && status !== 'FAILED')
      wrong.push(`job ${jobName} (${jobId}) is left ${status}`);
  }
  for (const [name, { messages }] of Object.entries(world.queues.byName)) {
    if (messages.length > 0)
      wrong.push(
        `${messages.length} messages are left in ${name}: ${messages[0]?.body.slice(0, 300)}`,
      );
  }
  return wrong;
}
