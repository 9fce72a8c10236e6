/**
 * The parts of an engine that a jobs port uses: a home, an object store, and a queue that records
 * its transitions.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished, vi } from 'vitest';
import { createFileObjects, type FileObjects } from '../../../src/local/file-objects.ts';
import {
  createSubprocessJobs,
  type SubprocessJobs,
  type SubprocessJobsOptions,
} from '../../../src/local/jobs/subprocess-jobs.ts';
import type { RunnerMessage, StepSpec } from '../../../src/model/spec.ts';
import type { Transition, TransitionOf } from '../../../src/model/transition.ts';
import type { JobGroup } from '../../../src/ports/jobs.ts';
import { buildRunner } from '../../support/runner-program.ts';
import { stepSpec } from '../../support/step-spec.ts';

export interface Engine {
  readonly home: string;
  readonly objects: FileObjects;
  readonly jobs: SubprocessJobs;
  readonly sent: readonly Transition[];
  /** Stores a step's bundle. Its function is the default export of `text`. */
  step(text: string, given?: Partial<StepSpec>): Promise<StepSpec>;
  submit(name: string, specs: readonly StepSpec[], queue?: string): Promise<void>;
  /** Resolves when `found` returns a value for the sent transitions. */
  until<T>(found: (sent: readonly Transition[]) => T | undefined): Promise<T>;
  /** Resolves when the job of the call has ended. */
  ended(call?: number): Promise<TransitionOf<'job.ended'>>;
  /** Stores a step, runs it, and returns everything that was sent for it. */
  run(text: string, given?: Partial<StepSpec>): Promise<FinishedJob>;
  log(job: FinishedJob): string;
}

export interface FinishedJob {
  readonly ended: TransitionOf<'job.ended'>;
  readonly messages: readonly RunnerMessage[];
  readonly outcome: TransitionOf<'finished'>['outcome'] | undefined;
}

let folder = '';
let runner = '';

/**
 * Builds the runner once for the test file. @param others Additional programs by name (see
 * `programFile`).
 */
export function withRunner(others: Readonly<Record<string, string>> = {}): void {
  // Processes are slow when many share a core.
  vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-runner-'));
    runner = await buildRunner(folder, others);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
}

export const programFile = (name: string): string => join(folder, `${name}.mjs`);

export async function startEngine(
  options: Partial<SubprocessJobsOptions> & { readonly execArgv?: readonly string[] } = {},
): Promise<Engine> {
  const home = await mkdtemp(join(tmpdir(), 'headrace-home-'));
  const objects = createFileObjects(home);
  const sent: Transition[] = [];
  const watchers = new Set<() => void>();
  const jobs = createSubprocessJobs({
    home,
    objects,
    transitions: {
      async send(transitions) {
        sent.push(...transitions);
        for (const watcher of watchers) watcher();
      },
    },
    clock: { now: Date.now },
    graceSeconds: 1,
    program: { file: runner, execArgv: options.execArgv ?? [] },
    ...options,
  });
  onTestFinished(async () => {
    await jobs.close();
    await rm(home, { recursive: true, force: true });
  });

  const engine: Engine = {
    home,
    objects,
    jobs,
    sent,
    async step(text, given = {}) {
      const codeHash = createHash('sha256').update(text).digest('hex');
      await objects.putIfAbsent(`code/${codeHash}`, Buffer.from(text));
      const call = given.call ?? 0;
      return stepSpec({
        codeKey: `code/${codeHash}`,
        codeHash,
        outputPrefix: `p/default/data/${call}/1`,
        token: `token-${call}`,
        ...given,
      });
    },
    submit: async (name, specs, queue = 'default') => {
      await jobs.submit({ name, queue, specs, container: {} } satisfies JobGroup);
    },
    until: (found) =>
      new Promise((resolve) => {
        const check = () => {
          const answer = found(sent);
          if (answer === undefined) return;
          watchers.delete(check);
          resolve(answer);
        };
        watchers.add(check);
        check();
      }),
    ended: (call = 0) =>
      engine.until((all) =>
        all.find(
          (one): one is TransitionOf<'job.ended'> => one.kind === 'job.ended' && one.call === call,
        ),
      ),
    async run(text, given) {
      const spec = await engine.step(text, given);
      await engine.submit(`job-${spec.call}`, [spec]);
      const ended = await engine.ended(spec.call);
      const messages = sent.filter(
        (one): one is RunnerMessage => 'token' in one && one.call === spec.call,
      );
      const finished = messages.find((one) => one.kind === 'finished');
      return { ended, messages, outcome: finished?.outcome };
    },
    log({ messages }) {
      const started = messages.find((one) => one.kind === 'started');
      return join(home, started?.logStream ?? 'none');
    },
  };
  return engine;
}
