/**
 * Cache hits of steps, and the leases of the cache keys that are being computed.
 *
 * 1. A hit counts only if all of its objects exist with their size and will stay: they expire later
 *    than this run, and the removal of the run that computed them keeps the objects of its entries.
 *    That run is marked as shared, so that they also stay when the entry is cleared.
 * 2. A key has one holder at a time. Another step with the same key waits for `lease.ended`, and
 *    checks the holder at intervals in case that message is lost.
 * 3. The entry is written before the step's completion. It is correct even if the commit fails.
 *
 * @module
 */
import { cacheKeyOf } from '../../model/cache-key.ts';
import { CHILD_RUN_QUEUE } from '../../model/child-pipeline.ts';
import { projectOf } from '../../model/object-layout.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import { isTerminalRun } from '../../model/run.ts';
import { isTerminalStep, type Step } from '../../model/step.ts';
import type { TransitionOf } from '../../model/transition.ts';
import type { CacheEntry, LeaseParty } from '../../ports/cache.ts';
import { placedValues } from '../turn/step-specs.ts';
import type { Turn } from '../turn/turn.ts';
import { isAdoptable, objectKeysOf, storedValuesOf } from './adoptable-results.ts';

/** The decision about a step that is ready: launch it, use a hit, or wait for the lease. */
export type CacheDecision =
  | { readonly kind: 'launch'; readonly step: Step }
  | { readonly kind: 'hit'; readonly step: Step }
  | { readonly kind: 'wait'; readonly step: Step };

export async function consultCache(turn: Turn, step: Step): Promise<CacheDecision> {
  const declaration = turn.declaration(step);
  const { cache } = declaration;
  if (cache === false || step.queue === CHILD_RUN_QUEUE) return { kind: 'launch', step };
  const key = step.cacheKey ?? (await computeCacheKey(turn, step, declaration));
  const keyed: Step = { ...step, cacheKey: key };
  const { mode: declaredMode = 'readWrite', ttl } = cache === true ? {} : cache;
  const { noCache } = turn.info;
  if (noCache && declaredMode === 'read') return { kind: 'launch', step: keyed };
  const mode = noCache ? 'refresh' : declaredMode;

  const findHit = async (): Promise<Step | undefined> =>
    mode === 'refresh' ? undefined : findCacheHit(turn, keyed, ttl);
  const found = await findHit();
  if (found !== undefined) return { kind: 'hit', step: found };
  if (mode === 'read') return { kind: 'launch', step: keyed };

  const party: LeaseParty = { run: turn.id, call: step.call };
  const lease = await turn.context.cache.acquire(key, party);
  if (!lease.held) {
    const isTakenOver =
      (await isLeaseAbandoned(turn, lease.holder)) &&
      (await turn.context.cache.takeOver(key, lease.holder, party));
    if (!isTakenOver && !noCache) return { kind: 'wait', step: keyed };
    // Without the cache each call is executed. The holder of the lease stores its result.
    if (!isTakenOver) {
      await turn.context.cache.stopWaiting(key, party);
      return { kind: 'launch', step: keyed };
    }
  }
  // An entry may have been published before the lease was acquired.
  const lateHit = await findHit();
  if (lateHit === undefined) return { kind: 'launch', step: { ...keyed, holdsLease: true } };
  notifyWaiters(turn, key, await turn.context.cache.release(key, party));
  return { kind: 'hit', step: lateHit };
}

async function findCacheHit(
  turn: Turn,
  step: Step,
  ttl: number | undefined,
): Promise<Step | undefined> {
  const { cache, objects, tasks, clock, settings } = turn.context;
  if (step.cacheKey === null) return undefined;
  const entry = await cache.entry(step.cacheKey);
  if (entry === undefined) return undefined;
  if (ttl !== undefined && clock.now() - entry.createdAt > ttl * 1000) return undefined;
  const keys = objectKeysOf(entry);
  if (entry.run !== turn.id && !isAdoptable(keys, clock.now() - settings.adoptableMs))
    return undefined;
  // The objects of an entry stay when its run is removed.
  if (entry.run !== turn.id) await tasks.share(entry.run);
  for (const { key, size } of storedValuesOf(entry)) {
    const found = await objects.size(key);
    if (found === size) continue;
    await cache.removeEntry(step.cacheKey);
    if (found !== undefined)
      turn.warn(
        `step ${step.name} is computed again: of its cached result, the object ${key} has ${found} bytes, and ${size} were written`,
      );
    return undefined;
  }
  return {
    ...step,
    status: 'cached',
    waitingFor: 'none',
    ...outputs(entry),
    cachedFrom: { run: entry.run, step: entry.step },
    startedAt: step.startedAt ?? clock.now(),
  };
}

const outputs = ({
  values,
  artifacts,
  models,
  runOutputs,
}: CacheEntry): Pick<Step, 'values' | 'artifacts' | 'models' | 'runOutputs'> => ({
  values,
  artifacts,
  models,
  ...(runOutputs === undefined ? {} : { runOutputs }),
});

async function computeCacheKey(
  turn: Turn,
  step: Step,
  declaration: ComponentDeclaration,
): Promise<string> {
  const { info } = turn;
  const code = info.code.components.find((component) => component.id === declaration.id);
  return cacheKeyOf({
    project: projectOf(info),
    codeHash: code?.bundle.hash ?? '',
    packages: code?.bundle.packages ?? [],
    options: declaration,
    serializersHash: info.code.serializers?.hash ?? null,
    args: step.args.data,
    refs: await placedValues(turn, step.args),
  });
}

/**
 * Ends the lease of a step that is complete, with an entry if it completed successfully, and
 * notifies the steps that wait for the lease.
 */
export async function publishOrReleaseLease(turn: Turn, step: Step): Promise<void> {
  const { cacheKey: key, holdsLease, values } = step;
  if (key === null || !holdsLease) return;
  const holder: LeaseParty = { run: turn.id, call: step.call };
  if (step.status !== 'completed' || values === null)
    return notifyWaiters(turn, key, await turn.context.cache.release(key, holder));
  const entry: CacheEntry = {
    key,
    project: step.project,
    component: step.component,
    run: turn.id,
    step: step.name,
    values,
    artifacts: step.artifacts,
    models: step.models,
    ...(step.runOutputs === undefined ? {} : { runOutputs: step.runOutputs }),
    createdAt: turn.context.clock.now(),
  };
  notifyWaiters(turn, key, await turn.context.cache.publish(entry, holder));
}

function notifyWaiters(turn: Turn, key: string, waiters: readonly LeaseParty[]): void {
  turn.send(
    waiters.map(
      ({ run, call }): TransitionOf<'lease.ended'> => ({ kind: 'lease.ended', run, call, key }),
    ),
  );
}

/**
 * True if the lease will never be released: the holder is terminal, or no process moves its run.
 */
async function isLeaseAbandoned(turn: Turn, holder: LeaseParty): Promise<boolean> {
  if (holder.run === turn.id) {
    const step = await turn.step(holder.call);
    return step === undefined || isFinal(step);
  }
  const { tasks, liveness } = turn.context;
  const run = await tasks.run(holder.run);
  if (run === undefined || isTerminalRun(run.head.status)) return true;
  const [step] = await tasks.steps(holder.run, [holder.call]);
  // A lease is acquired before its step is written, so a missing or unleased step may be written
  // soon.
  if (step !== undefined && isFinal(step)) return true;
  return !(await liveness.isAlive(holder.run));
}

/**
 * A failed step that waits for the retry callback is not final: it may run again, and it holds its
 * lease until then. An external evaluation may need a long time to answer.
 */
const isFinal = ({ status, waitingFor }: Step): boolean =>
  isTerminalStep(status) && waitingFor !== 'retry';

/** Removes the step from the waiters of its lease: it is aborted or skipped. */
export async function stopWaitingForLease(turn: Turn, step: Step): Promise<void> {
  if (step.waitingFor === 'lease' && step.cacheKey !== null)
    await turn.context.cache.stopWaiting(step.cacheKey, { run: turn.id, call: step.call });
}
