/**
 * Records for tests, with defaults for all fields that a test does not name.
 *
 * @module
 */
import { newHead } from '../../src/controller/run/run-head.ts';
import type { Artifact, Model, Plot } from '../../src/model/artifacts.ts';
import type { HistoryEvent } from '../../src/model/history.ts';
import { type RunId, runIdSchema } from '../../src/model/ids.ts';
import { componentDeclarationSchema, pipelineDeclarationSchema } from '../../src/model/options.ts';
import type { RunComponent, RunHead, RunInfo } from '../../src/model/run.ts';
import { type Attempt, NO_ATTEMPTS, NOT_EXECUTED, type Step } from '../../src/model/step.ts';
import type { CacheEntry } from '../../src/ports/cache.ts';
import { type Commit, EMPTY_COMMIT, type StepReport, type Tasks } from '../../src/ports/tasks.ts';

/** A run id. `runId(7)` sorts before `runId(8)`. */
export const runId = (n: number): RunId => runIdSchema.parse(`01hx${String(n).padStart(22, '0')}`);

const bundle = { hash: 'h', key: 'code/h', size: 1, packages: [], resolvedImports: {} };
const signature: RunInfo['code']['signature'] = {
  style: 'positional',
  parameters: [],
  rest: false,
};

export function anInfo(
  id: RunId,
  over: Partial<Omit<RunInfo, 'number'>> = {},
): Omit<RunInfo, 'number'> {
  return {
    id,
    pipeline: 'iris',
    project: 'examples',
    version: '1.0.0',
    declaration: pipelineDeclarationSchema.parse({ name: 'iris' }),
    code: {
      hash: 'c',
      id: 'main.ts#main',
      name: 'main',
      signature,
      logic: bundle,
      components: [],
      serializers: null,
      projectRoot: '/project',
    },
    args: { url: 'https://example.org/iris.csv' },
    seed: 'seed',
    flags: { sdk: '0.1.0', flags: [] },
    createdAt: 1_700_000_000_000,
    clockStart: 1_700_000_000_000,
    noCache: false,
    rerunOf: null,
    defaultQueue: 'default',
    ...over,
  };
}

export const aHead = (id: RunId, over: Partial<RunHead> = {}): RunHead => ({
  ...newHead(anInfo(id)),
  evaluationDue: true,
  lastEventAt: 0,
  ...over,
});

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
    ...NOT_EXECUTED,
    ...NO_ATTEMPTS,
    waitingFor: 'parents',
    args: { data: { format: 'json', text: `[${call}]` }, refs: [] },
    parents: [],
    parentNames: [],
    parentCount: 0,
    missingParents: [],
    unmetParents: 0,
    watermark: 0,
    awaited: false,
    createdAt: 1_700_000_000_000,
    timerGeneration: 0,
    ...over,
  };
}

export const aCompletedStep = (call: number, over: Partial<Step> = {}): Step =>
  aStep(call, { status: 'completed', waitingFor: 'none', ...over });

export const anAttempt = (number: number): Attempt => ({
  number,
  status: 'completed',
  job: { name: 'job', index: 0 },
  queuedAt: 0,
});

export const aComponent = (name: string, calls: number): RunComponent => ({
  declaration: componentDeclarationSchema.parse({
    id: `main.ts#${name}`,
    name,
    returnValues: ['value'],
  }),
  callCount: calls,
});

export const sleepEnded = (sleep: number): HistoryEvent => ({
  at: 1000 + sleep,
  kind: 'sleepEnded',
  sleep,
});

export const aReport = (
  call: number,
  attempt: number,
  sequence: number,
  values: readonly number[],
): StepReport => ({
  call,
  attempt,
  sequence,
  points: values.map((value, iteration) => ({
    title: 'loss',
    series: 'train',
    iteration,
    value,
    at: 5,
  })),
  texts: values.map((value) => ({ text: `loss ${value}`, at: 5 })),
});

/** A small table in its record. */
export const aPlot = (iteration: number): Plot => ({
  kind: 'table',
  title: 'rows',
  series: 'first',
  iteration,
  format: 'json',
  width: 1,
  height: 1,
  size: 49,
  value: { format: 'json', text: '{"columns":[{"name":"a","type":"number"}],"rows":[[1]]}' },
  at: 5,
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

type Content = Partial<Omit<Commit, 'head' | 'timers'>> & {
  readonly timers?: Partial<Commit['timers']>;
};

/**
 * The commit after `before`. The counters of its head follow from the content, unless `head` sets
 * them.
 */
export function aCommit(
  before: RunHead,
  content: Content = {},
  head: Partial<RunHead> = {},
): Commit {
  const { created = [], events = [], signatures = [], groups = [] } = content;
  return {
    ...EMPTY_COMMIT,
    ...content,
    head: {
      ...before,
      revision: before.revision + 1,
      callCount: before.callCount + created.length,
      eventCount: before.eventCount + events.length,
      commandCount: before.commandCount + signatures.length,
      groupCount: before.groupCount + groups.length,
      ...head,
    },
    timers: { ...EMPTY_COMMIT.timers, ...content.timers },
  };
}

/** Creates the run and applies the commits in order. */
export async function runWith(
  tasks: Tasks,
  run: RunId,
  ...contents: Parameters<typeof aCommit>[1][]
): Promise<RunHead> {
  let { head } = await tasks.createRun(anInfo(run), aHead(run));
  for (const content of contents) {
    const commit = aCommit(head, content);
    await tasks.commit(run, commit);
    head = commit.head;
  }
  return head;
}

export const anArtifact = (name: string, over: Partial<Artifact> = {}): Artifact => ({
  name,
  type: 'json',
  size: 1,
  hash: 'h',
  preview: '1',
  value: { format: 'json', text: '1' },
  createdAt: 5,
  ...over,
});

export const aModel = (name: string, over: Partial<Model> = {}): Model => ({
  name,
  value: { format: 'file', key: `k/${name}`, size: 1, hash: 'h' },
  size: 1,
  hash: 'h',
  createdAt: 5,
  ...over,
});
