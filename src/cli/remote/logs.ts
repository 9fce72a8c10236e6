/** `headrace runs logs` on logs behind an API. */
import { setTimeout as delay } from 'node:timers/promises';
import { allOf, type Client } from '../../client/client.ts';
import { isTerminalRun } from '../../model/run.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { LogsOptions } from '../commands/logs.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { NotFoundError } from '../failure.ts';
import type { Output } from '../output.ts';
import { connect } from './connection.ts';
import { selectRun, stepsNamed } from './select.ts';
import { PAGE } from './source.ts';

const POLL_MILLISECONDS = 1000;

export async function logs(text: string, options: LogsOptions, output: Output): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRun(client, text);
  const printer = new Printer(client, id, output);
  while (true) {
    // The status first: what a run wrote before it ended is then read, too.
    const ended = isTerminalRun((await client.run(id)).status);
    const last = ended || options.follow !== true;
    const found = await printLogs(client, id, options, printer, last);
    if (last && options.attempt !== undefined && !found)
      throw new NotFoundError(`no step of run ${id} had an attempt ${options.attempt}`);
    if (last) return EXIT.completed;
    await delay(POLL_MILLISECONDS);
  }
}

/** Prints what the logs have got since the last time; false if no attempt was asked for that there is. */
async function printLogs(
  client: Client,
  run: string,
  { step: name, attempt: wanted }: LogsOptions,
  printer: Printer,
  last: boolean,
): Promise<boolean> {
  let found = false;
  const named = name === undefined ? undefined : await stepsNamed(client, run, name);
  if (named?.length === 0 && last)
    throw new NotFoundError(`run ${run} has no step ${JSON.stringify(name)}`);
  for await (const step of named ??
    allOf((cursor) => client.steps(run, { limit: PAGE, ...cursor }))) {
    const attempts = step.attempts.filter(
      ({ number }) => wanted === undefined || number === wanted,
    );
    found ||= attempts.length > 0;
    for (const { number, hasLog } of attempts)
      if (hasLog && step.status !== 'superseded') await printer.print(step, number);
    // Reports are kept by step, not by attempt.
    if (
      attempts.length > 0 &&
      attempts.length === step.attempts.length &&
      step.status !== 'superseded'
    )
      await printer.printReported(step);
  }
  return found;
}

class Printer {
  readonly #client: Client;
  readonly #run: string;
  readonly #output: Output;
  /** Where each log goes on; undefined once it ended. */
  readonly #places = new Map<string, string | undefined>();
  readonly #reported = new Map<number, number>();
  #last: string | undefined;

  constructor(client: Client, run: string, output: Output) {
    this.#client = client;
    this.#run = run;
    this.#output = output;
  }

  async print(step: StepDocument, attempt: number): Promise<void> {
    const source = `${step.call} ${attempt}`;
    if (this.#places.has(source) && this.#places.get(source) === undefined) return;
    for (let more = true; more; ) {
      const cursor = this.#places.get(source);
      const page = await this.#client.log(this.#run, step.call, {
        limit: PAGE,
        ...(cursor === undefined ? { attempt } : { cursor }),
      });
      if (page.lines.length > 0) {
        await this.#head(source, `${step.name}, attempt ${attempt}`);
        await this.#output.write(page.lines.map(({ text }) => `${text}\n`).join(''));
      }
      more = page.more;
      this.#places.set(source, page.ended && !page.more ? undefined : page.next);
    }
  }

  /** What the step said by `logger.reportText`. */
  async printReported(step: StepDocument): Promise<void> {
    const printed = this.#reported.get(step.call) ?? 0;
    let count = 0;
    for await (const { text, at } of allOf((cursor) =>
      this.#client.texts(this.#run, step.call, { limit: PAGE, ...cursor }),
    )) {
      if (++count <= printed) continue;
      await this.#head(`reported ${step.call}`, `${step.name}, reported`);
      await this.#output.write(`${at} ${text}\n`);
    }
    this.#reported.set(step.call, count);
  }

  async #head(source: string, title: string): Promise<void> {
    if (this.#last === source) return;
    await this.#output.write(`${this.#output.colors.bold(`==> ${title} <==`)}\n`);
    this.#last = source;
  }
}
