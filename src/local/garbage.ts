/**
 * Removes old runs of a home, and the files that no record refers to any more.
 *
 * 1. A run is removed if it ended before a time. Runs that are active stay, with their child runs:
 *    their steps may not have the results yet.
 * 2. A cache entry is removed if it was made before that time by a run that is removed, too. All
 *    other entries stay, with their objects.
 * 3. A file of a removed run stays if a run or an entry that stays refers to it, and while it is the
 *    object of a published model. Code stays if a run that stays, the last version of a pipeline, or
 *    a version since that time has it. A file that was uploaded for `inputFile` stays if a run that
 *    stays has it among its inputs, or if it was uploaded since that time.
 * 4. Entries go first, and removed runs can no longer be shared, so that no run starts to use what
 *    is removed. Records go last: what a crash leaves is removed by the next call.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineCode } from '../model/code.ts';
import type { RunId } from '../model/ids.ts';
import { codeKey, SOURCE_MAPS_EXTENSION } from '../model/object-layout.ts';
import { isTerminalRun, type Run } from '../model/run.ts';
import { type RunInputs, readInputList } from '../model/run-inputs.ts';
import type { CacheEntry } from '../ports/cache.ts';
import type { ModelRegistry } from '../ports/model-registry.ts';
import type { Registry } from '../ports/registry.ts';
import type { FileObjects } from './file-objects.ts';
import { type HomeFile, homeFiles } from './home-files.ts';
import type { Store } from './store/store.ts';

const PAGE = 200;
/** A younger file without a record may belong to a run that is about to be written. */
const MIN_AGE_MS = 24 * 60 * 60 * 1000;

export interface GarbageStore extends Pick<Store, 'tasks' | 'queries' | 'cache' | 'removal'> {
  readonly registry: Registry;
  readonly models: ModelRegistry;
}

export interface Garbage {
  readonly runs: readonly Run[];
  readonly entries: readonly CacheEntry[];
  readonly files: readonly HomeFile[];
}

export interface GarbageOptions {
  readonly home: string;
  readonly store: GarbageStore;
  readonly objects: Pick<FileObjects, 'path' | 'get'>;
  /** Milliseconds since the epoch. */
  readonly before: number;
  readonly now: number;
  /** Removes nothing. */
  readonly dryRun: boolean;
}

/** Returns what was removed, or with `dryRun` what would be. */
export async function collectGarbage(options: GarbageOptions): Promise<Garbage> {
  const { home, store, before, dryRun } = options;
  const all = await allRuns(store);
  const active = new Set(
    all.filter(({ head }) => !isTerminalRun(head.status)).map(({ info }) => info.id),
  );
  const runs = all.filter(
    ({ info, head }) =>
      isTerminalRun(head.status) &&
      (head.endedAt ?? Number.POSITIVE_INFINITY) < before &&
      !(info.parent !== undefined && active.has(info.parent.run)),
  );
  const removed = new Set(runs.map(({ info }) => info.id));
  const stored = new Set(all.map(({ info }) => info.id));
  const entries = (await store.cache.entries({})).filter(
    ({ run, createdAt }) => createdAt < before && (removed.has(run) || !stored.has(run)),
  );
  if (!dryRun) {
    for (const { key } of entries) await store.cache.removeEntry(key);
    for (const id of removed) await store.removal.startRemoval(id);
  }
  const kept = all.filter(({ info }) => !removed.has(info.id));
  const removedKeys = new Set(entries.map(({ key }) => key));
  const used = await usedFiles(
    options,
    kept,
    (await store.cache.entries({})).filter(({ key }) => !removedKeys.has(key)),
  );
  const files: HomeFile[] = [];
  for await (const file of homeFiles(home))
    if (isUnused(file, { used, removed, stored, ...options })) files.push(file);
  if (!dryRun) {
    for (const { path } of files) await rm(path, { force: true });
    for (const id of removed) {
      await rm(join(home, 'logs', id), { recursive: true, force: true });
      await store.removal.remove(id);
    }
  }
  return { runs, entries, files };
}

function isUnused(
  { path, part, run, modifiedAt }: HomeFile,
  {
    used,
    removed,
    stored,
    before,
    now,
  }: {
    readonly used: ReadonlySet<string>;
    readonly removed: ReadonlySet<RunId>;
    readonly stored: ReadonlySet<RunId>;
  } & Pick<GarbageOptions, 'before' | 'now'>,
): boolean {
  if (used.has(path)) return false;
  if (part === 'code' || part === 'inputs')
    return modifiedAt < before && modifiedAt < now - MIN_AGE_MS;
  if (run === undefined) return false;
  return removed.has(run) || (!stored.has(run) && modifiedAt < now - MIN_AGE_MS);
}

async function allRuns({ queries }: Pick<Store, 'queries'>): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (let last: string | undefined; ; ) {
    const page = await queries.runs({
      limit: PAGE,
      ...(last === undefined ? {} : { before: last }),
    });
    runs.push(...page);
    last = page.at(-1)?.info.id;
    if (page.length < PAGE) return runs;
  }
}

/** The paths of the objects to which records refer. */
async function usedFiles(
  { store, objects, before }: GarbageOptions,
  runs: readonly Run[],
  entries: readonly CacheEntry[],
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  addKeys(entries, keys);
  for (const run of runs) {
    addKeys(run, keys);
    addSourceMaps(run.info.code, keys);
    await addInputs(objects, run.info.inputs, keys);
    const { id } = run.info;
    for (let after = 0; ; after += PAGE) {
      const steps = await store.queries.allSteps(id, PAGE, after);
      addKeys(steps, keys);
      for (const { call, attempts } of steps)
        if (attempts.some(({ hasPlots }) => hasPlots === true))
          addKeys(await store.queries.plots(id, call), keys);
      if (steps.length < PAGE) break;
    }
    addKeys(await store.queries.runArtifacts(id, { limit: Number.MAX_SAFE_INTEGER }), keys);
    addKeys(await store.queries.runModels(id, { limit: Number.MAX_SAFE_INTEGER }), keys);
  }
  await addPublishedModels(store.models, keys);
  await addCodeOfVersions(store.registry, before, keys);
  return new Set([...keys].map((key) => objects.path(key)));
}

/** Adds all fields `key` of objects with a size: stored values and bundles. */
function addKeys(record: unknown, keys: Set<string>): void {
  if (typeof record !== 'object' || record === null) return;
  if ('key' in record && 'size' in record && typeof record.key === 'string') keys.add(record.key);
  for (const value of Object.values(record)) addKeys(value, keys);
}

/** The reference to source maps has only a hash. */
function addSourceMaps(code: PipelineCode | undefined, keys: Set<string>): void {
  if (code?.sourceMaps !== undefined)
    keys.add(codeKey(code.sourceMaps.hash, SOURCE_MAPS_EXTENSION));
}

/** The files in the list of a run's inputs. */
async function addInputs(
  objects: GarbageOptions['objects'],
  inputs: RunInputs | undefined,
  keys: Set<string>,
): Promise<void> {
  if (inputs === undefined) return;
  const bytes = await objects.get(inputs.key, inputs.size).catch(() => new Uint8Array());
  addKeys(readInputList(Buffer.from(bytes).toString('utf8')), keys);
}

async function addPublishedModels(models: ModelRegistry, keys: Set<string>): Promise<void> {
  for (const model of await models.models({ limit: Number.MAX_SAFE_INTEGER }))
    for (const version of await models.versions(model, { limit: Number.MAX_SAFE_INTEGER }))
      if (version.publishedAt !== null) keys.add(version.value.key);
}

async function addCodeOfVersions(
  registry: Registry,
  before: number,
  keys: Set<string>,
): Promise<void> {
  const pipelines = await registry.pipelines({ limit: Number.MAX_SAFE_INTEGER });
  for (const { project, name } of pipelines) {
    const versions = await registry.versions({ project, name }, { limit: 1_000_000 });
    for (const [index, { version, createdAt }] of versions.entries()) {
      if (index > 0 && (createdAt ?? 0) < before) continue;
      const registered = await registry.version({ project, name }, version);
      addKeys(registered, keys);
      addSourceMaps(registered?.content?.code, keys);
    }
  }
}
