/**
 * Explains why a step was computed or taken from the cache, from the records alone: the parts of its
 * cache key are compared with those of earlier calls of its component.
 *
 * 1. The earlier calls are those of the last runs of the same pipeline. The most similar one is that
 *    with the fewest differences, then the one of the same name, then the last.
 * 2. The state of the cache at the time of the decision is not recorded. Where a key was known
 *    before, the reason follows from times, options and objects.
 *
 * @module
 */
import { componentOf, type KeyedCall, keyDifferences } from '../model/cache-differences.ts';
import type { CacheExplanation, ComparedCall, KeyDifference } from '../model/cache-explanation.ts';
import { changedDeclarations } from '../model/code-differences.ts';
import { MAX_BUNDLE_BYTES } from '../model/limits.ts';
import { projectOf } from '../model/object-layout.ts';
import { valuesOfRefs } from '../model/placed-values.ts';
import type { Run } from '../model/run.ts';
import { isSuccess, isTerminalStep, type Step, type StepOrigin } from '../model/step.ts';
import { isStored } from '../model/value.ts';
import type { Cache } from './cache.ts';
import type { Objects } from './objects.ts';
import { findOriginStep } from './reported-outputs.ts';
import type { RunQueries, Tasks } from './tasks.ts';

export interface ExplanationPorts {
  readonly tasks: Pick<Tasks, 'run' | 'steps' | 'callsNamed' | 'component'>;
  readonly queries: Pick<RunQueries, 'runs'>;
  readonly cache: Pick<Cache, 'entry' | 'holder'>;
  readonly objects: Pick<Objects, 'get' | 'size'>;
}

const MAX_RUNS = 20;
const MAX_CALLS_PER_RUN = 100;
const MAX_RUNS_WITH_CALLS = 5;

export async function explainCache(
  ports: ExplanationPorts,
  run: Run,
  step: Step,
): Promise<CacheExplanation> {
  const base: Omit<CacheExplanation, 'decision' | 'reason'> = {
    step: step.name,
    component: step.component,
    status: step.status,
    cacheKey: step.cacheKey,
    origin: null,
    comparedWith: null,
    differences: [],
  };
  const { adoptedFrom, cachedFrom } = step;
  if (adoptedFrom !== undefined) {
    const origin = await originCall(ports, adoptedFrom);
    const reason = `it was taken over from ${nameOf(origin)}: a rerun takes over the calls that finished before its first step, whatever the cache`;
    return { ...base, decision: 'adopted', reason, origin };
  }
  if (step.status === 'cached' && cachedFrom !== null) {
    const origin = await originCall(ports, cachedFrom);
    const at = origin.at ?? (await entryTime(ports, step.cacheKey, cachedFrom));
    const reason = `it has the result of ${nameOf(origin)}, whose cache key is equal`;
    return { ...base, decision: 'hit', reason, origin: { ...origin, at } };
  }
  const declaration = (await ports.tasks.component(run.info.id, step.component))?.declaration;
  if (declaration === undefined || declaration.cache === false)
    return { ...base, decision: 'off', reason: 'its component does not have the option cache' };
  if (step.status === 'pending' && step.waitingFor === 'lease' && step.cacheKey !== null) {
    const origin = await holderCall(ports, step.cacheKey);
    const reason =
      origin === null
        ? 'it waited for another step that computed the same result, and continues now'
        : `it waits for ${nameOf(origin)}, which computes the same result`;
    return { ...base, decision: 'waiting', reason, origin };
  }
  if (step.cacheKey === null) {
    const reason = isTerminalStep(step.status)
      ? `it was ${step.status} before the cache was read`
      : 'its cache key is known when its parents are complete';
    return { ...base, decision: 'undecided', reason };
  }
  const computed = { ...base, decision: 'computed' } as const;
  const call = await keyedCall(ports, run, step);
  const similar = call === undefined ? undefined : await mostSimilar(ports, run, call);
  const cache = typeof declaration.cache === 'object' ? declaration.cache : {};
  const uncached = run.info.noCache
    ? 'the run was started with --no-cache: each step is computed'
    : cache.mode === 'refresh'
      ? "its option cache has the mode 'refresh': it is computed in each run"
      : undefined;
  if (similar === undefined)
    return {
      ...computed,
      reason:
        uncached ??
        `the last ${MAX_RUNS} runs of the pipeline before this one have no call of ${step.component}`,
    };
  const comparedWith = comparedCall(similar.run, similar.call.step);
  if (similar.differences.length === 0)
    return {
      ...computed,
      comparedWith,
      reason: uncached ?? (await missReason(ports, step, cache, similar)),
    };
  const differences = await withDeclarations(ports, similar);
  const reason =
    uncached ??
    `its cache key differs from that of ${nameOf(comparedWith)}, the most similar earlier call`;
  return { ...computed, comparedWith, differences, reason };
}

/** `train_1 of iris#3`. */
function nameOf({ run, pipeline, number, step }: ComparedCall): string {
  return pipeline === null
    ? `${step} of run ${run}, which was removed or has expired`
    : `${step} of ${pipeline}#${number}`;
}

const comparedCall = ({ info }: Run, step: Step): ComparedCall => ({
  run: info.id,
  pipeline: info.pipeline,
  number: info.number,
  step: step.name,
  at: isSuccess(step.status) ? step.endedAt : null,
});

async function originCall(ports: ExplanationPorts, origin: StepOrigin): Promise<ComparedCall> {
  const found = await findOriginStep(ports, origin);
  const run = found === undefined ? undefined : await ports.tasks.run(found.run);
  return found === undefined || run === undefined
    ? { ...origin, pipeline: null, number: null, at: null }
    : comparedCall(run, found.step);
}

/** When the entry was made, if it is still that of the origin. */
async function entryTime(
  { cache }: ExplanationPorts,
  key: string | null,
  { run, step }: StepOrigin,
): Promise<number | null> {
  const entry = key === null ? undefined : await cache.entry(key);
  return entry?.run === run && entry.step === step ? entry.createdAt : null;
}

async function holderCall(
  { cache, tasks }: ExplanationPorts,
  key: string,
): Promise<ComparedCall | null> {
  const holder = await cache.holder(key);
  const run = holder === undefined ? undefined : await tasks.run(holder.run);
  const [step] = holder === undefined ? [] : await tasks.steps(holder.run, [holder.call]);
  return run === undefined || step === undefined ? null : comparedCall(run, step);
}

/** The call with what its key depends on; undefined if its component is not on record. */
async function keyedCall(
  { tasks }: Pick<ExplanationPorts, 'tasks'>,
  { info }: Run,
  step: Step,
): Promise<KeyedCall | undefined> {
  const component = await tasks.component(info.id, step.component);
  if (component === undefined) return undefined;
  const calls = [...new Set(step.args.refs.map(({ call }) => call))];
  const parents = calls.length === 0 ? [] : await tasks.steps(info.id, calls);
  const values = new Map(parents.map((parent) => [parent.call, parent.values]));
  return {
    step,
    project: projectOf(info),
    code: info.code,
    declaration: component.declaration,
    placed: [...(step.args.parts ?? []), ...valuesOfRefs(step.args.refs, values)],
    models: step.args.refs.flatMap(({ path, call }) => {
      const model = parents.find((parent) => parent.call === call)?.usedModel;
      return model === undefined ? [] : [{ ...model, path }];
    }),
  };
}

type CacheSettings = Exclude<KeyedCall['declaration']['cache'], boolean>;

interface SimilarCall {
  readonly run: Run;
  readonly call: KeyedCall;
  readonly now: KeyedCall;
  readonly differences: readonly KeyDifference[];
}

/** The most similar earlier call (1). */
async function mostSimilar(
  { tasks, queries }: ExplanationPorts,
  { info }: Run,
  now: KeyedCall,
): Promise<SimilarCall | undefined> {
  const { component, name } = now.step;
  const { project, pipeline, id: before } = info;
  let best: SimilarCall | undefined;
  let runsWithCalls = 0;
  for (const run of await queries.runs({ project, pipeline, before, limit: MAX_RUNS })) {
    const calls = await tasks.callsNamed(run.info.id, component, -1, MAX_CALLS_PER_RUN);
    const steps = (await tasks.steps(run.info.id, calls)).filter(wasDecided);
    if (steps.length > 0) runsWithCalls += 1;
    for (const step of steps) {
      const call = await keyedCall({ tasks }, run, step);
      if (call === undefined) continue;
      const found = { run, call, now, differences: keyDifferences(call, now) };
      const isBetter =
        best === undefined ||
        found.differences.length < best.differences.length ||
        (found.differences.length === best.differences.length &&
          step.name === name &&
          best.call.step.name !== name);
      if (isBetter) best = found;
    }
    if (best?.differences.length === 0 || runsWithCalls === MAX_RUNS_WITH_CALLS) break;
  }
  return best;
}

/** A call whose arguments were known: it was executed, or its result was found. */
const wasDecided = (step: Step): boolean =>
  step.status !== 'skipped' && step.status !== 'pending' && step.status !== 'superseded';

/** Why an equal key was no hit (2). */
async function missReason(
  { objects }: ExplanationPorts,
  step: Step,
  cache: CacheSettings,
  { call, run }: SimilarCall,
): Promise<string> {
  const { declaration } = call;
  const earlier = nameOf(comparedCall(run, call.step));
  if (!isSuccess(call.step.status))
    return `${earlier} has the same cache key, but it ${verbOf(call.step)}, and a result is stored on success only`;
  if (declaration.cache === false)
    return `${earlier} has the same cache key, but its component did not have the option cache, so its result was not stored`;
  if (typeof declaration.cache === 'object' && declaration.cache.mode === 'read')
    return `${earlier} has the same cache key, but its option cache has the mode 'read', so its result was not stored`;
  const endedAt = call.step.endedAt ?? 0;
  const decidedAt = step.attempts[0]?.queuedAt ?? step.startedAt ?? step.createdAt;
  if (endedAt > decidedAt)
    return `${earlier} has the same cache key, but it was complete only after this step was started`;
  if (cache.ttl !== undefined && decidedAt - endedAt > cache.ttl * 1000)
    return `the result of ${earlier} was older than the ${cache.ttl} s of the option cache.ttl`;
  for (const value of [
    ...(call.step.values ?? []),
    ...call.step.artifacts.map((artifact) => artifact.value),
    ...call.step.models.map((model) => model.value),
  ])
    if (isStored(value) && (await objects.size(value.key)) !== value.size)
      return `the stored result of ${earlier} is missing or damaged: the object ${value.key}`;
  return `${earlier} has the same cache key, but its entry was not in the cache any more: it was removed with \`headrace cache clear\`, or had expired`;
}

const verbOf = ({ status }: Step): string =>
  status === 'failed' ? 'failed' : status === 'aborted' ? 'was aborted' : `is ${status}`;

/** Adds the names of the changed declarations, where both bundles are still stored. */
async function withDeclarations(
  { objects }: ExplanationPorts,
  { call, now, differences }: SimilarCall,
): Promise<KeyDifference[]> {
  const [old, fresh] = [componentOf(call)?.bundle, componentOf(now)?.bundle];
  return await Promise.all(
    differences.map(async (difference) => {
      if (difference.part !== 'code' || old === undefined || fresh === undefined) return difference;
      const texts = await Promise.all(
        [old, fresh].map(({ key }) =>
          objects.get(key, MAX_BUNDLE_BYTES).then(
            (bytes) => Buffer.from(bytes).toString('utf8'),
            () => undefined,
          ),
        ),
      );
      const [before, after] = texts;
      return before === undefined || after === undefined
        ? difference
        : { ...difference, details: changedDeclarations(before, after) };
    }),
  );
}
