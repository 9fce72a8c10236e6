/**
 * Starts the runs of schedules: in `headrace dev`, and in the function of a deployment.
 *
 * 1. A firing is claimed with the id of its run before the run is created, and settled afterwards.
 *    A later observer continues with the same id: creating a run twice is harmless.
 * 2. A firing that cannot start its run is recorded with the reason. An error that may pass is
 *    thrown, and the firing stays `starting`.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { ObservedObject } from '../model/firing-message.ts';
import { toIsoTime } from '../model/iso-time.ts';
import type { NewRun, Run } from '../model/run.ts';
import { isTerminalRun } from '../model/run.ts';
import {
  type Firing,
  type FiringOutcome,
  type FiringValues,
  isWatched,
  type Schedule,
} from '../model/schedule.ts';
import type { Clock } from '../ports/clock.ts';
import type { Schedules } from '../ports/schedules.ts';
import type { RunControl } from './ports.ts';
import { toProblemError } from './problems.ts';
import type { RunCreationPorts } from './run-creation.ts';
import { prepareScheduledRun } from './scheduled-run.ts';

export interface FiringPorts extends RunCreationPorts {
  readonly runs: Pick<RunControl, 'newId' | 'prepare' | 'create'>;
  readonly schedules: Pick<Schedules, 'claim' | 'settle'>;
  readonly clock: Clock;
}

/** One occurrence of the cause of a schedule. */
export interface Occurrence {
  /** Starts with its time, and identifies it among those of the schedule. */
  readonly key: string;
  readonly values: FiringValues;
}

/** The occurrence of a schedule with `cron` or `every` that is due at this time. */
export const dueOccurrence = (due: number): Occurrence => ({
  key: toIsoTime(due),
  values: { due: toIsoTime(due) },
});

/**
 * The occurrence of a schedule with `after`; undefined if the run did not end in this way, or is
 * active again.
 */
export function runOccurrence(schedule: Schedule, { info, head }: Run): Occurrence | undefined {
  const { after } = schedule;
  if (after === undefined || head.endedAt === null || !isTerminalRun(head.status)) return undefined;
  if (
    head.status !== after.status ||
    info.pipeline !== after.pipeline ||
    info.project !== (after.project ?? schedule.project)
  )
    return undefined;
  const due = toIsoTime(head.endedAt);
  return { key: `${due}/${info.id}`, values: { due, run: info.id } };
}

/** The occurrence of a schedule with `object`; undefined if it is about other objects. */
export function objectOccurrence(
  { object: wanted }: Schedule,
  object: ObservedObject,
): Occurrence | undefined {
  if (wanted === undefined || !isWatched(wanted, object)) return undefined;
  const due = toIsoTime(object.at);
  const id = createHash('sha256')
    .update(JSON.stringify([object.address, object.version]))
    .digest('hex')
    .slice(0, 32);
  return { key: `${due}/${id}`, values: { due, object: object.address } };
}

/** Starts the run of the occurrence, unless it was started. */
export async function fireSchedule(
  ports: FiringPorts,
  schedule: Schedule,
  { key, values }: Occurrence,
): Promise<Firing> {
  const { schedules, runs, clock } = ports;
  const firing = await schedules.claim(schedule, {
    key,
    values,
    at: clock.now(),
    outcome: { status: 'starting', run: runs.newId() },
  });
  return await continueFiring(ports, schedule, firing);
}

/** Records an occurrence that starts no run, unless it was observed before. */
export async function recordOccurrence(
  { schedules, clock }: Pick<FiringPorts, 'schedules' | 'clock'>,
  schedule: Schedule,
  { key, values }: Occurrence,
  outcome: FiringOutcome,
): Promise<Firing> {
  return await schedules.claim(schedule, { key, values, at: clock.now(), outcome });
}

/** Starts the run of a firing that was claimed (1). */
export async function continueFiring(
  ports: FiringPorts,
  schedule: Schedule,
  firing: Firing,
): Promise<Firing> {
  const { outcome, key, values } = firing;
  if (outcome.status !== 'starting') return firing;
  const settled = await startRun(ports, schedule, values, outcome.run);
  await ports.schedules.settle(schedule, key, settled);
  return { ...firing, outcome: settled };
}

async function startRun(
  ports: FiringPorts,
  schedule: Schedule,
  values: FiringValues,
  run: NewRun['id'],
): Promise<FiringOutcome> {
  let info: NewRun;
  try {
    info = await prepareScheduledRun(ports, run, schedule, values);
  } catch (error) {
    const problem = toProblemError(error);
    if (problem === undefined) throw error;
    return { status: 'failed', reason: problem.message };
  }
  await ports.runs.create({ ...info, id: run });
  return { status: 'started', run };
}
