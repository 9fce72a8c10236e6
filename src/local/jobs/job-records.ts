/**
 * Records of running jobs, in `<home>/jobs/<runner>.json`, where `runner` is the id of the process.
 * A record exists while its job runs, so that a later engine finds the jobs of a crashed one.
 *
 * The record of a process that stays is replaced by that of its next job, and stays while the
 * process is idle, because creating and removing a file takes longer than a short step. A later
 * engine may therefore report the end of a job whose outcome is on record, which changes nothing.
 *
 * @module
 */
import { closeSync, ftruncateSync, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { type RunnerMessage, rejectedOutcome } from '../../model/spec.ts';
import type { Transition } from '../../model/transition.ts';
import type { Objects } from '../../ports/objects.ts';
import { readStoredMessages } from '../../ports/stored-messages.ts';
import { makePrivateFolder, PRIVATE_FILE_MODE } from '../private-files.ts';
import { isProcessAlive, type ProcessIdentity, processIdentity } from './process-identity.ts';

const identitySchema = z.strictObject({ pid: z.int(), startTime: z.string() });

const jobRecordSchema = z.strictObject({
  job: z.string(),
  engine: identitySchema,
  /** The runner. Its process id is also the id of its process group. */
  process: identitySchema,
  run: runIdSchema,
  call: z.int(),
  attempt: z.int(),
  token: z.string(),
  outputPrefix: z.string(),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

interface FoundRecord extends JobRecord {
  /** The id of the process, which names the record and the folder of its temporary files. */
  readonly runner: string;
}

/** The time that a step has to store the result of a function that is about to return. */
const RESULT_GRACE_MS = 1000;
const EXIT_POLL_MS = 10;
/** The most time between the end of a process's pipes and its own. */
const MAX_EXIT_MS = 60_000;

const recordFolderOf = (home: string): string => join(home, 'jobs');
const recordPathOf = (home: string, runner: string): string =>
  join(recordFolderOf(home), `${runner}.json`);

/** The folder of the temporary files of a process and of its jobs. */
export const runnerFolderOf = (home: string, runner: string): string => join(home, 'tmp', runner);

export function createRecordFolder(home: string): void {
  makePrivateFolder(recordFolderOf(home));
}

/** Writes the record of the first job of a process. */
export function writeRecord(home: string, runner: string, record: JobRecord): void {
  writeFileSync(recordPathOf(home, runner), JSON.stringify(record), { mode: PRIVATE_FILE_MODE });
}

/**
 * Replaces the record of a process that stays. If the engine crashes in between, the record cannot
 * be parsed, and its job has not started.
 */
export function replaceRecord(home: string, runner: string, record: JobRecord): void {
  const file = openSync(recordPathOf(home, runner), 'r+');
  try {
    ftruncateSync(file, writeSync(file, JSON.stringify(record), 0));
  } finally {
    closeSync(file);
  }
}

/**
 * Failures are ignored: the process of such a record has exited, and a later engine removes the
 * record.
 */
export function removeRecord(home: string, runner: string): void {
  try {
    unlinkSync(recordPathOf(home, runner));
  } catch {
    // See above.
  }
}

/** The outcomes of jobs whose engine crashed. */
export interface ReapedJobs {
  /** The messages that their runners stored, and a `job.ended` for each job. */
  readonly transitions: readonly Transition[];
  /**
   * Removes the records of the jobs. Call it when the transitions are on record: until then, they
   * have no other source.
   */
  removeRecords(): Promise<void>;
}

/**
 * Kills the job processes of crashed engines, after a short time to store their results, and
 * returns the outcomes of the jobs: the messages that a runner stored, and a `job.ended` with the
 * fault `infrastructure`.
 *
 * @param run Returns the jobs of this run only; without it, those of all runs. The processes of
 * other runs are killed as well, and a later call returns their outcomes.
 */
export async function reapOrphans(
  home: string,
  objects: Objects,
  now: () => number,
  run?: string,
): Promise<ReapedJobs> {
  const orphans = await findOrphans(home);
  await killGroups(orphans, RESULT_GRACE_MS);
  const reaped = orphans.filter((record) => run === undefined || record.run === run);
  const transitions: Transition[] = [];
  for (const record of reaped)
    transitions.push(
      ...(await readUndeliveredMessages(objects, record, now)),
      lostTransition(record, now()),
    );
  await removeIdleLogs(home);
  return {
    transitions,
    async removeRecords() {
      for (const { runner } of reaped) await removeFilesOf(home, runner);
    },
  };
}

/**
 * Kills the job processes of all crashed engines, and removes the records that no engine will need:
 * those of runs that are finished or removed.
 */
export async function removeLeftJobs(
  home: string,
  isUnfinished: (run: RunId) => Promise<boolean>,
): Promise<void> {
  const orphans = await findOrphans(home);
  await killGroups(orphans, RESULT_GRACE_MS);
  for (const { runner, run } of orphans)
    if (!(await isUnfinished(run))) await removeFilesOf(home, runner);
  await removeIdleLogs(home);
}

async function removeFilesOf(home: string, runner: string): Promise<void> {
  removeRecord(home, runner);
  await rm(runnerFolderOf(home, runner), { recursive: true, force: true });
}

/**
 * Kills the jobs of an engine whose process ends now, after their grace period. Their records stay
 * for the next engine. Does nothing if the process does not end.
 */
export async function killJobsOf(
  home: string,
  engine: ProcessIdentity,
  graceMs: number,
): Promise<void> {
  const deadline = performance.now() + MAX_EXIT_MS;
  while (isProcessAlive(engine)) {
    if (performance.now() > deadline) return;
    await delay(EXIT_POLL_MS);
  }
  const records = await readRecords(home);
  const { pid, startTime } = engine;
  const own = records.filter(
    (each) => each.engine.pid === pid && each.engine.startTime === startTime,
  );
  await killGroups(own, graceMs);
}

async function findOrphans(home: string): Promise<readonly FoundRecord[]> {
  const records = await readRecords(home);
  return records.filter(({ engine }) => !isProcessAlive(engine));
}

async function readRecords(home: string): Promise<readonly FoundRecord[]> {
  const records: FoundRecord[] = [];
  for (const name of await fileNamesIn(recordFolderOf(home))) {
    const text = await readFile(join(recordFolderOf(home), name), 'utf8').catch(() => '');
    const record = jobRecordSchema.safeParse(parseJson(text));
    // A record that cannot be parsed is incomplete: its engine writes it now, or crashed while it
    // did. The process of such a job exits by itself.
    if (record.success) records.push({ ...record.data, runner: basename(name, '.json') });
  }
  return records;
}

/** Resolves when all processes that could still store a result have exited. */
async function killGroups(orphans: readonly JobRecord[], graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline && orphans.some((record) => isProcessAlive(record.process)))
    await delay(EXIT_POLL_MS);
  for (const { process: runner } of orphans) killGroup(runner);
  while (orphans.some((record) => isProcessAlive(record.process))) await delay(EXIT_POLL_MS);
}

/**
 * Kills the process group. A group may outlive its leader, and the system does not reuse the id
 * while the group exists.
 */
function killGroup(leader: ProcessIdentity): void {
  const current = processIdentity(leader.pid);
  if (current !== undefined && current.startTime !== leader.startTime) return;
  try {
    process.kill(-leader.pid, 'SIGKILL');
  } catch {
    // All processes of the group have exited.
  }
}

/**
 * Reads the messages that the runner stored because they were not acknowledged. Their identity is
 * replaced by that of the job. The outcome of a step that was stopped because its engine closed is
 * left out: it is not an outcome of the step.
 */
export async function readUndeliveredMessages(
  objects: Objects,
  record: Pick<JobRecord, 'job' | 'run' | 'call' | 'attempt' | 'token' | 'outputPrefix'>,
  now: () => number,
): Promise<readonly RunnerMessage[]> {
  const { job, run, call, attempt, token, outputPrefix } = record;
  const identity = { run, call, attempt, job, token };
  const { reports, rejectedReports, result, rejectedResult } = await readStoredMessages(
    objects,
    outputPrefix,
    job,
  );
  for (const reason of rejectedReports)
    process.emitWarning(`a report of job ${job} was dropped: ${reason}`, 'HeadraceWarning');
  const failure = rejectedResult === undefined ? undefined : rejectedOutcome(rejectedResult);
  const outcome = result?.outcome ?? failure;
  const isOutcome = outcome !== undefined && !(!outcome.ok && outcome.stopReason === 'abort');
  return [
    ...reports.map((report) => ({ ...report, ...identity })),
    ...(isOutcome
      ? [{ kind: 'finished' as const, ...identity, at: result?.at ?? now(), outcome }]
      : []),
  ];
}

const lostTransition = ({ run, call, attempt, job }: JobRecord, at: number): Transition => ({
  kind: 'job.ended',
  run,
  call,
  attempt,
  job,
  exitCode: null,
  signal: null,
  fault: 'infrastructure',
  reason: 'the engine that ran it died',
  at,
});

/**
 * Removes the logs of idle runners whose engine has exited. Their names start with the engine's
 * process id.
 */
async function removeIdleLogs(home: string): Promise<void> {
  const folder = join(home, 'logs', 'idle');
  for (const name of await fileNamesIn(folder)) {
    const engine = Number.parseInt(name, 10);
    if (engine !== process.pid && !processExists(engine))
      await rm(join(folder, name), { force: true });
  }
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const fileNamesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
