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
import { finishedSchema, type RunnerMessage } from '../../model/spec.ts';
import type { Transition } from '../../model/transition.ts';
import {
  reportsKey,
  resultKey,
  undeliveredReportsSchema,
} from '../../model/undelivered-messages.ts';
import { ObjectMissingError, type Objects } from '../../ports/objects.ts';
import { isAlive, type ProcessIdentity, processIdentity } from './process-identity.ts';

const identitySchema = z.strictObject({ pid: z.int(), startTime: z.string() });

const recordSchema = z.strictObject({
  job: z.string(),
  engine: identitySchema,
  /** The runner's: also the id of its process group. */
  process: identitySchema,
  run: runIdSchema,
  call: z.int(),
  attempt: z.int(),
  token: z.string(),
  output: z.string(),
});
export type JobRecord = z.infer<typeof recordSchema>;

/** For a step whose function ended when its engine died, or ends now. */
const LAST_WORDS_MILLISECONDS = 1000;
const LOOK_MILLISECONDS = 10;

const folderOf = (home: string): string => join(home, 'jobs');
const pathOf = (home: string, job: string): string => join(folderOf(home), `${job}.json`);

export function prepareRecords(home: string): void {
  mkdirSync(folderOf(home), { recursive: true });
}

export function writeRecord(home: string, record: JobRecord): void {
  writeFileSync(pathOf(home, record.job), JSON.stringify(record), { mode: 0o600 });
}

/** A record that stays behind is of a process that is gone: a later engine forgets it. */
export function removeRecord(home: string, job: string): void {
  try {
    rmSync(pathOf(home, job), { force: true });
  } catch {
    // As above.
  }
}

/** What became of the jobs of engines that died. */
export interface Reaped {
  /** What their runners left in the store, and the end of each. */
  readonly words: readonly Transition[];
  /** Removes what is kept of the jobs: when the words are on record, because until then only this knows of them. */
  forget(): Promise<void>;
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
): Promise<Reaped> {
  const orphans = await orphansOf(home);
  await endGroups(orphans);
  const told = orphans.filter((record) => run === undefined || record.run === run);
  const words: Transition[] = [];
  for (const record of told)
    words.push(...(await pendingMessages(objects, record)), lost(record, now()));
  await removeIdleLogs(home);
  return {
    words,
    async forget() {
      for (const { job } of told) {
        removeRecord(home, job);
        await rm(join(home, 'tmp', job), { recursive: true, force: true });
      }
    },
  };
}

async function orphansOf(home: string): Promise<readonly JobRecord[]> {
  const orphans: JobRecord[] = [];
  for (const name of await namesIn(folderOf(home))) {
    const text = await readFile(join(folderOf(home), name), 'utf8').catch(() => '');
    const record = recordSchema.safeParse(parsed(text));
    // What cannot be read is being written, or was when its engine died: its process ends by itself.
    if (record.success && !isAlive(record.data.engine)) orphans.push(record.data);
  }
  return orphans;
}

/** Resolves when none of their processes is left that could still leave a result. */
async function endGroups(orphans: readonly JobRecord[]): Promise<void> {
  const patience = Date.now() + LAST_WORDS_MILLISECONDS;
  while (Date.now() < patience && orphans.some((record) => isAlive(record.process)))
    await delay(LOOK_MILLISECONDS);
  for (const { process: runner } of orphans) endGroup(runner);
  while (orphans.some((record) => isAlive(record.process))) await delay(LOOK_MILLISECONDS);
}

/** A group outlives the process that led it, and no other process gets its id as long as it does. */
function endGroup(leader: ProcessIdentity): void {
  const there = processIdentity(leader.pid);
  if (there !== undefined && there.startTime !== leader.startTime) return;
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
export async function pendingMessages(
  objects: Objects,
  record: Pick<JobRecord, 'job' | 'run' | 'call' | 'attempt' | 'token' | 'output'>,
): Promise<readonly RunnerMessage[]> {
  const { job, run, call, attempt, token, output } = record;
  const reports = undeliveredReportsSchema.safeParse(
    await readJson(objects, reportsKey(output, job)),
  );
  const result = finishedSchema.safeParse(await readJson(objects, resultKey(output, job)));
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
    return parsed(Buffer.from(await objects.get(key)).toString());
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}

const lost = ({ run, call, attempt, job }: JobRecord, at: number): Transition => ({
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
  for (const name of await namesIn(folder)) {
    const engine = Number.parseInt(name, 10);
    if (engine !== process.pid && !exists(engine)) await rm(join(folder, name), { force: true });
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
