/**
 * Writes runs into the store of a home as the controller would, but without executing a step: a run
 * of 30,000 calls takes seconds.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore, type Store } from '../../../src/local/store/store.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import { isTerminalRun, type RunHead, type RunInfo } from '../../../src/model/run.ts';
import { type Attempt, isTerminalStep, type Step } from '../../../src/model/step.ts';
import { type Commit, EMPTY_COMMIT, type StepReport } from '../../../src/ports/tasks.ts';
import { aComponent, aHead, anInfo, aStep } from '../../conformance/records.ts';

/** 28 November 2026, 09:00 UTC: the time of the first seeded run. */
export const SEED_TIME = Date.UTC(2026, 10, 28, 9);

const STEPS_OF_COMMIT = 2_000;
/** How long an executed step waited for a machine. */
const QUEUED_MS = 2_500;

/** A call of a seeded run. Parents are earlier calls. */
export interface SeededCall {
  readonly component: string;
  readonly parents?: readonly number[];
  /** Default: completed. */
  readonly status?: Step['status'];
  /** Times in milliseconds after the start of the run. */
  readonly startedAt?: number;
  readonly durationMs?: number;
  /** Fields of the record. */
  readonly step?: Partial<Step>;
  readonly attempts?: readonly Partial<Attempt>[];
  readonly points?: StepReport['points'];
  readonly texts?: StepReport['texts'];
  /** The log of the last attempt. */
  readonly log?: string;
}

export interface SeededRun {
  readonly id: RunId;
  readonly pipeline?: string;
  readonly project?: string;
  readonly version?: string;
  readonly status?: RunHead['status'];
  readonly createdAt?: number;
  readonly durationMs?: number;
  readonly tags?: readonly string[];
  readonly info?: Partial<Omit<RunInfo, 'number'>>;
  readonly head?: Partial<RunHead>;
  readonly calls?: Iterable<SeededCall>;
  readonly runReports?: Commit['runReports'];
}

/** Fills the home by `write`, and closes its store. */
export async function seedHome(
  home: string,
  write: (seed: (run: SeededRun) => Promise<void>, store: Store) => Promise<void>,
): Promise<void> {
  const store = openStore(home);
  try {
    await write((run) => seedRun(home, store, run), store);
  } finally {
    store.close();
  }
}

async function seedRun(home: string, store: Store, run: SeededRun): Promise<void> {
  const {
    id,
    pipeline = 'iris',
    project = 'examples',
    version = '1.0.0',
    status = 'completed',
    createdAt = SEED_TIME,
    durationMs = 60_000,
    tags = [],
    calls = [],
    runReports = [],
  } = run;
  const { tasks } = store;
  const info = anInfo(id, {
    pipeline,
    project,
    version,
    declaration: pipelineDeclarationSchema.parse({ name: pipeline }),
    createdAt,
    clockStart: createdAt,
    ...run.info,
  });
  await tasks.createRun(info, aHead(id, { tags, evaluationDue: false }));
  const writer = new StepWriter(home, id, createdAt);
  let head: RunHead = aHead(id, {
    tags,
    evaluationDue: false,
    status: 'running',
    startedAt: createdAt + 500,
    lastEventAt: createdAt,
  });
  const commit = async (change: Partial<Commit>, end: Partial<RunHead> = {}): Promise<void> => {
    head = {
      ...head,
      ...writer.counters(),
      ...end,
      revision: head.revision + 1,
    };
    await tasks.commit(id, { ...EMPTY_COMMIT, ...change, head });
  };
  let batch: SeededCall[] = [];
  for (const call of calls) {
    batch.push(call);
    if (batch.length < STEPS_OF_COMMIT) continue;
    await commit(writer.write(batch));
    batch = [];
  }
  await commit(
    { ...writer.write(batch), runReports },
    {
      status,
      endedAt: isTerminalRun(status) ? createdAt + durationMs : null,
      logicState: status === 'completed' ? 'returned' : 'running',
      ...(status === 'queued' && { startedAt: null }),
      ...run.head,
    },
  );
}

/** Makes the records of calls, in their order. */
class StepWriter {
  readonly #home: string;
  readonly #run: RunId;
  readonly #start: number;
  readonly #names: string[] = [];
  readonly #components = new Map<string, number>();
  #unfinished = 0;
  #active = 0;
  #failures = 0;
  readonly #counts = new Map<Step['status'], number>();

  constructor(home: string, run: RunId, start: number) {
    this.#home = home;
    this.#run = run;
    this.#start = start;
  }

  counters(): Partial<RunHead> {
    return {
      callCount: this.#names.length,
      commandCount: this.#names.length,
      unfinishedSteps: this.#unfinished,
      activeSteps: this.#active,
      unhandledFailures: this.#failures,
      stepCounts: Object.fromEntries(this.#counts),
    };
  }

  write(calls: readonly SeededCall[]): Partial<Commit> {
    const created = calls.map((call) => this.#step(call));
    const first = this.#names.length - created.length;
    const changed = new Set(calls.map(({ component }) => component));
    return {
      created,
      edges: created.flatMap(({ call }, index) =>
        (calls[index]?.parents ?? []).map((parent) => ({ parent, child: call })),
      ),
      components: [...changed].map((name) => aComponent(name, this.#components.get(name) ?? 0)),
      reports: calls.flatMap(({ points = [], texts = [] }, index) =>
        points.length + texts.length === 0
          ? []
          : [{ call: first + index, attempt: 1, sequence: 0, points, texts }],
      ),
    };
  }

  #step(seeded: SeededCall): Step {
    const { component, parents = [], status = 'completed', durationMs = 1_000 } = seeded;
    const call = this.#names.length;
    const ordinal = this.#components.get(component) ?? 0;
    this.#components.set(component, ordinal + 1);
    const name = seeded.step?.name ?? (ordinal === 0 ? component : `${component}_${ordinal}`);
    this.#names.push(name);
    this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1);
    if (!isTerminalStep(status)) this.#unfinished++;
    if (status === 'queued' || status === 'running') this.#active++;
    if (status === 'failed') this.#failures++;
    const startedAt = this.#start + 500 + (seeded.startedAt ?? 0);
    const isExecuted = !['pending', 'skipped', 'cached', 'queued'].includes(status);
    const endedAt = isTerminalStep(status) ? startedAt + (isExecuted ? durationMs : 0) : null;
    const attempts = this.#attempts(seeded, call, { startedAt, endedAt, isExecuted });
    return aStep(call, {
      name,
      component,
      digest: `digest-${component}-${call}`,
      status,
      waitingFor: status === 'pending' ? 'parents' : 'none',
      parents: parents.slice(0, 50),
      parentNames: parents.slice(0, 50).map((parent) => this.#names[parent] ?? ''),
      parentCount: parents.length,
      unmetParents: status === 'pending' ? parents.length : 0,
      attempts,
      createdAt: this.#start + 200,
      startedAt: isExecuted ? startedAt : null,
      endedAt,
      ...(status === 'cached' && { cacheKey: 'k'.repeat(64) }),
      ...(status === 'failed' && {
        error: { name: 'Error', message: `${name} failed`, stack: `Error: ${name} failed` },
      }),
      ...seeded.step,
    });
  }

  #attempts(
    { status = 'completed', attempts, log }: SeededCall,
    call: number,
    times: {
      readonly startedAt: number;
      readonly endedAt: number | null;
      readonly isExecuted: boolean;
    },
  ): readonly Attempt[] {
    const { startedAt, endedAt, isExecuted } = times;
    if (!isExecuted && status !== 'queued') return [];
    const logStream = log === undefined ? undefined : this.#writeLog(call, log);
    const given = attempts ?? [{}];
    return given.map((attempt, index) => {
      const isLast = index === given.length - 1;
      return {
        number: index + 1,
        status: isLast ? attemptStatusOf(status) : 'failed',
        job: { name: `${this.#run}-${call}`, index: 0 },
        queuedAt: isExecuted
          ? Math.max(this.#start + 200, startedAt - QUEUED_MS)
          : this.#start + 200,
        ...(isExecuted && { startedAt }),
        ...(endedAt !== null && { endedAt, exitCode: status === 'failed' || !isLast ? 1 : 0 }),
        ...(isLast && logStream !== undefined && { logStream }),
        ...attempt,
      };
    });
  }

  #writeLog(call: number, text: string): string {
    const stream = `logs/${this.#run}/${call}-1-0.log`;
    const file = join(this.#home, stream);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text);
    return stream;
  }
}

const attemptStatusOf = (status: Step['status']): Attempt['status'] =>
  status === 'queued' || status === 'running' || status === 'failed' || status === 'aborted'
    ? status
    : 'completed';
