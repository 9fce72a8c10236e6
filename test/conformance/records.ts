/**
 * Records for tests: plain ones, of which a test names what matters to it.
 *
 * @module
 */
import { newHead } from '../../src/controller/heads.ts';
import type { HistoryEvent } from '../../src/model/history.ts';
import { type RunId, runIdSchema } from '../../src/model/ids.ts';
import { componentDeclarationSchema, pipelineDeclarationSchema } from '../../src/model/options.ts';
import type { DeclaredComponent, RunHead, RunInfo } from '../../src/model/run.ts';
import type { Attempt, Step } from '../../src/model/step.ts';
import type { CacheEntry } from '../../src/ports/cache.ts';
import type { Commit, StepReport } from '../../src/ports/tasks.ts';

/** `runId(7)` sorts before `runId(8)`. */
export const runId = (n: number): RunId => runIdSchema.parse(`01hx${String(n).padStart(22, '0')}`);

const bundle = { hash: 'h', key: 'code/h', size: 1, packages: [], resolved: {} };
const signature: RunInfo['code']['signature'] = { style: 'positional', parameters: [], rest: false };

export function anInfo(id: RunId, over: Partial<Omit<RunInfo, 'number'>> = {}): Omit<RunInfo, 'number'> {
  return {
    id,
    pipeline: 'iris',
    project: 'examples',
    version: '1.0.0',
    declaration: pipelineDeclarationSchema.parse({ name: 'iris' }),
    code: { hash: 'c', id: 'main.ts#main', name: 'main', signature, logic: bundle, components: [], serializers: null, root: '/project' },
    args: { url: 'https://example.org/iris.csv' },
    seed: 'seed',
    flags: { sdk: '0.1.0', flags: [] },
    createdAt: 1_700_000_000_000,
    epoch: 1_700_000_000_000,
    noCache: false,
    rerunOf: null,
    defaultQueue: 'default',
    ...over,
  };
}

export const aHead = (id: RunId, over: Partial<RunHead> = {}): RunHead => ({ ...newHead(anInfo(id)), due: true, clock: 0, ...over });

export function aStep(call: number, over: Partial<Step> = {}): Step {
  return {
    call,
    name: call === 0 ? 'step' : `step_${call}`,
    component: 'step',
    digest: `digest-${call}`,
    project: 'examples',
    taskType: 'data_processing',
    tags: [],
    queue: 'default',
    status: 'pending',
    waiting: 'parents',
    args: { data: { format: 'json', text: `[${call}]` }, refs: [] },
    parents: [],
    parentNames: [],
    parentCount: 0,
    missingParents: [],
    unmet: 0,
    watermark: 0,
    awaited: false,
    handled: false,
    tolerated: false,
    cause: null,
    approved: false,
    cacheKey: null,
    leased: false,
    cachedFrom: null,
    attempts: [],
    spent: 0,
    values: null,
    error: null,
    artifacts: [],
    models: [],
    createdAt: 1_700_000_000_000,
    startedAt: null,
    endedAt: null,
    suspect: 0,
    timer: 0,
    ...over,
  };
}

export const aDone = (call: number, over: Partial<Step> = {}): Step => aStep(call, { status: 'completed', waiting: 'none', ...over });

export const anAttempt = (number: number): Attempt => ({ number, status: 'completed', job: { name: 'job', index: 0 }, queuedAt: 0 });

export const aComponent = (name: string, calls: number): DeclaredComponent => ({
  declaration: componentDeclarationSchema.parse({ id: `main.ts#${name}`, name, returnValues: ['value'] }),
  calls,
});

export const woke = (sleep: number): HistoryEvent => ({ at: 1000 + sleep, kind: 'woke', sleep });

export const aReport = (call: number, attempt: number, sequence: number, values: readonly number[]): StepReport => ({
  call,
  attempt,
  sequence,
  points: values.map((value, iteration) => ({ title: 'loss', series: 'train', iteration, value, at: 5 })),
  texts: values.map((value) => ({ text: `loss ${value}`, at: 5 })),
});

export const anEntry = (key: string, over: Partial<CacheEntry> = {}): CacheEntry => ({
  key,
  project: 'examples',
  component: 'step',
  run: runId(1),
  step: 'step',
  values: [{ format: 'json', text: '1' }],
  artifacts: [],
  models: [],
  createdAt: 10,
  ...over,
});

type Content = Partial<Omit<Commit, 'head' | 'timers'>> & { readonly timers?: Partial<Commit['timers']> };

/** The commit that follows `before`: its head counts what the content holds, unless `head` says otherwise. */
export function aCommit(before: RunHead, content: Content = {}, head: Partial<RunHead> = {}): Commit {
  const {
    created = [],
    changed = [],
    edges = [],
    answered = [],
    components = [],
    events = [],
    signatures = [],
    groups = [],
    reports = [],
    runReports = [],
    adopted = [],
  } = content;
  return {
    head: {
      ...before,
      revision: before.revision + 1,
      calls: before.calls + created.length,
      events: before.events + events.length,
      commands: before.commands + signatures.length,
      groups: before.groups + groups.length,
      ...head,
    },
    created,
    changed,
    edges,
    answered,
    components,
    events,
    signatures,
    groups,
    timers: { set: content.timers?.set ?? [], clear: content.timers?.clear ?? [] },
    reports,
    runReports,
    adopted,
  };
}
