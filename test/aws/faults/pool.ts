/**
 * Processes that tell cases side by side. One that grew large is replaced: modules that were loaded
 * are never forgotten.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { functionNode } from '../../../testing/lambda/node-runtime.ts';
import type { Case, Outcome } from './cases.ts';
import { DISTURBANCES, FAULTS, REDRIVEN } from './faults.ts';
import type { Chapter } from './story.ts';
import type { ToWorker } from './worker.ts';

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Of a machine that has much else to do. */
const LATEST_MS = 300_000;
const LARGEST_BYTES = 900 * 2 ** 20;

const caseSchema = z.object({
  chapter: z.enum(['whole', 'held']),
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
    kind: z.literal('told'),
    outcome: z.object({
      reached: z.boolean(),
      wrongs: z.array(z.string()),
      milliseconds: z.number(),
    }),
    memory: z.number(),
  }),
  z.object({ kind: z.literal('forged'), wrongs: z.array(z.string()) }),
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
    await worker.#heard();
    return worker;
  }

  async list(chapter: Chapter): Promise<Listed> {
    const answer = await this.#ask({ kind: 'list', chapter });
    if (answer.kind !== 'listed')
      throw new Error(`the calls were not listed: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** What is wrong after messages were forged. */
  async forge(): Promise<readonly string[]> {
    const answer = await this.#ask({ kind: 'forge' });
    return answer.kind === 'forged'
      ? answer.wrongs
      : [`nothing was forged: ${JSON.stringify(answer)}`];
  }

  /** `worker`: who tells the next case. */
  async tell(one: Case): Promise<{ readonly outcome: Outcome; readonly worker: Worker }> {
    const answer = await this.#ask({ kind: 'tell', case: one }).catch((error: unknown) => ({
      kind: 'failed' as const,
      error: String(error),
    }));
    if (answer.kind === 'told' && answer.memory < LARGEST_BYTES)
      return { outcome: answer.outcome, worker: this };
    this.stop();
    const worker = await Worker.start();
    if (answer.kind === 'told') return { outcome: answer.outcome, worker };
    return {
      outcome: {
        reached: true,
        wrongs: [answer.kind === 'failed' ? answer.error : 'no answer'],
        milliseconds: 0,
      },
      worker,
    };
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  async #ask(message: ToWorker): Promise<Message> {
    this.#child.send(message);
    return await this.#heard();
  }

  #heard(): Promise<Message> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) =>
        reject(new Error(`a process of the faults ended with ${code} (${this.#node})`));
      const late = setTimeout(
        () => reject(new Error('it does not come to an end, although nothing waits for time')),
        LATEST_MS,
      );
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        clearTimeout(late);
        resolve(messageSchema.parse(message));
      });
    });
  }
}

/** Tells the cases in as many processes; `onTold` hears of each. */
export async function tellAll(
  cases: readonly Case[],
  processes: number,
  onTold: (one: Case, outcome: Outcome) => void,
): Promise<void> {
  const left = [...cases];
  const lane = async () => {
    let worker = await Worker.start();
    try {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        const told = await worker.tell(one);
        worker = told.worker;
        onTold(one, told.outcome);
      }
    } finally {
      worker.stop();
    }
  };
  await Promise.all(Array.from({ length: processes }, lane));
}
