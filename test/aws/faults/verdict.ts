/**
 * A summary of a scenario's runs that is equal for two executions of the scenario, and the problems
 * of an execution with a fault.
 *
 * @module
 */
import type { RunId } from '../../../src/model/ids.ts';
import type { FaultyDeployment } from './deployment/faulty-deployment.ts';

export interface RunSummary {
  readonly status: string;
  readonly result: unknown;
  readonly tags: readonly string[];
  /** `<call> <name> <status>` */
  readonly steps: readonly string[];
  /** Attempts of each call. */
  readonly attempts: readonly number[];
  /** The history's events, as `<kind> <call> <callback>`. */
  readonly events: readonly string[];
  readonly artifacts: readonly string[];
}

export interface Summary {
  readonly runs: readonly RunSummary[];
  /** Number of runs in the project. */
  readonly count: number;
}

const PAGE = 1000;

export async function summarize(
  deployment: FaultyDeployment,
  project: string,
  runs: readonly RunId[],
): Promise<Summary> {
  const all = await deployment.queries.runs({ project, limit: PAGE });
  return {
    runs: await Promise.all(runs.map((run) => summarizeRun(deployment, run))),
    count: all.length,
  };
}

async function summarizeRun({ tasks, queries }: FaultyDeployment, id: RunId): Promise<RunSummary> {
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

/** What a fault may cost. */
export interface Tolerance {
  /** Additional attempts or executions of all steps together. */
  readonly attempts: number;
  /** Whether a report may be lost: no other message carries its metrics and uploads. */
  readonly reports: boolean;
}

/** Returns the problems: none if the scenario had the expected result. */
export async function findProblems(
  deployment: FaultyDeployment,
  expected: Summary,
  found: Summary,
  { attempts: tolerated, reports }: Tolerance,
): Promise<readonly string[]> {
  const problems: string[] = [];
  if (found.count !== expected.count)
    problems.push(`there are ${found.count} runs, not ${expected.count}`);
  let additional = 0;
  for (const [index, want] of expected.runs.entries()) {
    const have = found.runs[index];
    for (const part of ['status', 'result', 'tags', 'steps', 'events', 'artifacts'] as const) {
      if (part === 'artifacts' && reports) continue;
      const [a, b] = [JSON.stringify(want[part]), JSON.stringify(have?.[part])];
      if (a !== b) problems.push(`run ${index}: its ${part} are ${b}, not ${a}`);
    }
    for (const [call, count] of want.attempts.entries()) {
      const extra = (have?.attempts[call] ?? 0) - count;
      if (extra < 0) problems.push(`run ${index}: call ${call} has ${-extra} attempts less`);
      additional += Math.max(0, extra);
    }
  }
  const byAttempt = new Map<string, number>();
  for (const { of } of deployment.executions) byAttempt.set(of, (byAttempt.get(of) ?? 0) + 1);
  additional += [...byAttempt.values()].reduce((sum, times) => sum + times - 1, 0);
  if (additional > tolerated)
    problems.push(`${additional} additional attempts or executions, more than ${tolerated}`);
  for (const { jobId, jobName, status } of deployment.batch.members) {
    if (status !== 'SUCCEEDED' && status !== 'FAILED')
      problems.push(`job ${jobName} (${jobId}) is still ${status}`);
  }
  const { byName, steps } = deployment.queues;
  for (const [name, { messages }] of Object.entries({ ...byName, steps })) {
    if (messages.length > 0)
      problems.push(
        `${messages.length} messages remain in ${name}: ${messages[0]?.body.slice(0, 300)}`,
      );
  }
  return problems;
}
