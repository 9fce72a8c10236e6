/**
 * Running jobs on record, so that what a dead engine left behind is found: `<home>/jobs/<id>.json`, there while the job runs.
 *
 * @module
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { runIdSchema } from '../../model/ids.ts';
import { reportsKey, resultKey } from '../../model/object-layout.ts';
import { finishedSchema, type RunnerMessage, undeliveredReportsSchema } from '../../model/spec.ts';
import type { Transition } from '../../model/transition.ts';
import { ObjectMissingError, type Objects } from '../../ports/objects.ts';
import { isProcessAlive, type ProcessIdentity, processIdentity } from './process-identity.ts';

const identitySchema = z.strictObject({ pid: z.int(), startTime: z.string() });

const jobRecordSchema = z.strictObject({
  job: z.string(),
  engine: identitySchema,
  /** The runner's: also the id of its process group. */
  process: identitySchema,
  run: runIdSchema,
  call: z.int(),
  attempt: z.int(),
  token: z.string(),
  outputPrefix: z.string(),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

/** For a step whose function ended when its engine died, or ends now. */
const RESULT_GRACE_MS = 1000;
const EXIT_POLL_MS = 10;

const recordFolderOf = (home: string): string => join(home, 'jobs');
const recordPathOf = (home: string, job: string): string =>
  join(recordFolderOf(home), `${job}.json`);

export function createRecordFolder(home: string): void {
  mkdirSync(recordFolderOf(home), { recursive: true });
}

export function writeRecord(home: string, record: JobRecord): void {
  writeFileSync(recordPathOf(home, record.job), JSON.stringify(record), { mode: 0o600 });
}

/** A record that stays behind is of a process that is gone: a later engine forgets it. */
export function removeRecord(home: string, job: string): void {
  try {
    rmSync(recordPathOf(home, job), { force: true });
  } catch {
    // As above.
  }
}

/** What became of the jobs of engines that died. */
export interface ReapedJobs {
  /** What their runners left in the store, and the end of each. */
  readonly transitions: readonly Transition[];
  /** Removes what is kept of the jobs: when the words are on record, because until then only this knows of them. */
  removeRecords(): Promise<void>;
}

/**
 * Ends the processes of engines that died, and tells what became of their jobs: the result that a runner left in the store, else that it is lost
 * by no fault of its own. A step that is about to leave its result has a moment for it.
 *
 * @param run Only this run's jobs are told of; those of others are ended, and told of when their run is asked for. Without it, all.
 */
export async function reapOrphans(
  home: string,
  objects: Objects,
  now: () => number,
  run?: string,
): Promise<ReapedJobs> {
  const orphans = await findOrphans(home);
  await killGroups(orphans);
  const reaped = orphans.filter((record) => run === undefined || record.run === run);
  const transitions: Transition[] = [];
  for (const record of reaped)
    transitions.push(
      ...(await readUndeliveredMessages(objects, record)),
      lostTransition(record, now()),
    );
  await removeIdleLogs(home);
  return {
    transitions,
    async removeRecords() {
      for (const { job } of reaped) {
        removeRecord(home, job);
        await rm(join(home, 'tmp', job), { recursive: true, force: true });
      }
    },
  };
}

async function findOrphans(home: string): Promise<readonly JobRecord[]> {
  const orphans: JobRecord[] = [];
  for (const name of await fileNamesIn(recordFolderOf(home))) {
    const text = await readFile(join(recordFolderOf(home), name), 'utf8').catch(() => '');
    const record = jobRecordSchema.safeParse(parseJson(text));
    // What cannot be read is being written, or was when its engine died: its process ends by itself.
    if (record.success && !isProcessAlive(record.data.engine)) orphans.push(record.data);
  }
  return orphans;
}

/** Resolves when none of their processes is left that could still leave a result. */
async function killGroups(orphans: readonly JobRecord[]): Promise<void> {
  const deadline = Date.now() + RESULT_GRACE_MS;
  while (Date.now() < deadline && orphans.some((record) => isProcessAlive(record.process)))
    await delay(EXIT_POLL_MS);
  for (const { process: runner } of orphans) killGroup(runner);
  while (orphans.some((record) => isProcessAlive(record.process))) await delay(EXIT_POLL_MS);
}

/** A group outlives the process that led it, and no other process gets its id as long as it does. */
function killGroup(leader: ProcessIdentity): void {
  const current = processIdentity(leader.pid);
  if (current !== undefined && current.startTime !== leader.startTime) return;
  try {
    process.kill(-leader.pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/**
 * What the runner had to say when nobody heard it, made to speak for its own attempt alone. That it was asked to stop because its engine did is no outcome
 * of the step's.
 */
export async function readUndeliveredMessages(
  objects: Objects,
  record: Pick<JobRecord, 'job' | 'run' | 'call' | 'attempt' | 'token' | 'outputPrefix'>,
): Promise<readonly RunnerMessage[]> {
  const { job, run, call, attempt, token, outputPrefix } = record;
  const reports = undeliveredReportsSchema.safeParse(
    await readJson(objects, reportsKey(outputPrefix, job)),
  );
  const result = finishedSchema.safeParse(await readJson(objects, resultKey(outputPrefix, job)));
  const messages: readonly RunnerMessage[] = [
    ...(reports.data ?? []),
    ...(result.success && !wasStopped(result.data) ? [result.data] : []),
  ];
  return messages.map((message) => ({ ...message, run, call, attempt, job, token }));
}

const wasStopped = ({ outcome }: z.infer<typeof finishedSchema>): boolean =>
  !outcome.ok && outcome.stopReason === 'abort';

async function readJson(objects: Objects, key: string): Promise<unknown> {
  try {
    return parseJson(Buffer.from(await objects.get(key)).toString());
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
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

/** Logs of runners that never had work are named after their engine. */
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
