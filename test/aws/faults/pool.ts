/**
 * Processes that run cases in parallel. A process that grew large is replaced, because Node never
 * unloads modules.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { functionNode } from '../../../testing/lambda/node-runtime.ts';
import type { Case, Outcome } from './cases.ts';
import { DISTURBANCES, FAULTS, REDRIVEN } from './faults.ts';
import type { Scenario } from './scenario.ts';
import type { ToWorker } from './worker.ts';

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Long, for a machine under load. */
const REPLY_TIMEOUT_MS = 300_000;
const MAX_MEMORY_BYTES = 900 * 2 ** 20;

const caseSchema = z.object({
  scenario: z.enum(['whole', 'held']),
  target: z.object({ label: z.string(), occurrence: z.int() }),
  fault: z.enum([...FAULTS, ...DISTURBANCES, REDRIVEN]),
  cold: z.boolean(),
});
const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({
    kind: z.literal('listed'),
    calls: z.array(caseSchema),
    messages: z.array(caseSchema),
    counts: z.object({ cold: z.int(), warm: z.int(), messages: z.int() }),
  }),
  z.object({
    kind: z.literal('ran'),
    outcome: z.object({
      reached: z.boolean(),
      problems: z.array(z.string()),
      durationMs: z.number(),
    }),
    memory: z.number(),
  }),
  z.object({ kind: z.literal('forged'), problems: z.array(z.string()) }),
  z.object({ kind: z.literal('failed'), error: z.string() }),
]);
type Message = z.infer<typeof messageSchema>;
export type Listed = Extract<Message, { kind: 'listed' }>;

export class Worker {
  readonly #child: ChildProcess;
  readonly #node: string;

  private constructor(child: ChildProcess, node: string) {
    this.#child = child;
    this.#node = node;
  }

  static async start(): Promise<Worker> {
    const node = await functionNode();
    const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
    const child = fork(PROGRAM, {
      execPath: node,
      execArgv: ['--import', 'tsx', '--no-warnings'],
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const worker = new Worker(child, node);
    await worker.#receive();
    return worker;
  }

  async list(scenario: Scenario): Promise<Listed> {
    const answer = await this.#request({ kind: 'list', scenario });
    if (answer.kind !== 'listed')
      throw new Error(`the calls were not listed: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Returns the problems after messages were forged. */
  async runForgeries(): Promise<readonly string[]> {
    const answer = await this.#request({ kind: 'forge' });
    return answer.kind === 'forged'
      ? answer.problems
      : [`no message was forged: ${JSON.stringify(answer)}`];
  }

  /** Returns the outcome, and the worker for the next case. */
  async run(one: Case): Promise<{ readonly outcome: Outcome; readonly worker: Worker }> {
    const answer = await this.#request({ kind: 'run', case: one }).catch((error: unknown) => ({
      kind: 'failed' as const,
      error: String(error),
    }));
    if (answer.kind === 'ran' && answer.memory < MAX_MEMORY_BYTES)
      return { outcome: answer.outcome, worker: this };
    this.stop();
    const worker = await Worker.start();
    if (answer.kind === 'ran') return { outcome: answer.outcome, worker };
    return {
      outcome: {
        reached: true,
        problems: [answer.kind === 'failed' ? answer.error : 'no answer'],
        durationMs: 0,
      },
      worker,
    };
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  async #request(message: ToWorker): Promise<Message> {
    this.#child.send(message);
    return await this.#receive();
  }

  #receive(): Promise<Message> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) =>
        reject(new Error(`a process of the faults exited with ${code} (${this.#node})`));
      const timeout = setTimeout(
        () => reject(new Error('the case does not complete, although all time is simulated')),
        REPLY_TIMEOUT_MS,
      );
      this.#child.once('exit', onExit);
      this.#child.once('message', (message) => {
        this.#child.off('exit', onExit);
        clearTimeout(timeout);
        resolve(messageSchema.parse(message));
      });
    });
  }
}

/** Runs the cases in this number of processes, and calls `onOutcome` for each case. */
export async function runAll(
  cases: readonly Case[],
  processes: number,
  onOutcome: (one: Case, outcome: Outcome) => void,
): Promise<void> {
  const pending = [...cases];
  const lane = async () => {
    let worker = await Worker.start();
    try {
      for (let one = pending.shift(); one !== undefined; one = pending.shift()) {
        const result = await worker.run(one);
        worker = result.worker;
        onOutcome(one, result.outcome);
      }
    } finally {
      worker.stop();
    }
  };
  await Promise.all(Array.from({ length: processes }, lane));
}
