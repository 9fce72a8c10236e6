/** `headrace runs logs` on logs of an API. */
import { setTimeout as delay } from 'node:timers/promises';
import { allItems, type Client, listAll } from '../../client/client.ts';
import { NotFoundError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import {
  MAX_API_PAGE_ITEMS,
  RemoteSource,
  toStepViewModel,
} from '../../launch/remote/remote-source.ts';
import { isTerminalRun } from '../../model/run.ts';
import { errorDetails, errorHeader } from '../../view/error-text.ts';
import type { Output } from '../../view/output.ts';
import { originText } from '../../view/step-origin.ts';
import type { ReportedTextDocument, StepDocument } from '../../wire/steps.ts';
import type { LogsCommandOptions } from '../option-types.ts';
import { connectToRun, findRemoteSteps, unknownRemoteStep } from './select.ts';

const LOG_POLL_MS = 1000;

export async function logs(
  text: string,
  options: LogsCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { connection, run } = await connectToRun(text, options);
  const { client } = connection;
  const { id } = run;
  const printer = new RemoteLogPrinter(client, id, output);
  while (true) {
    // The status is read first, so that all output that precedes the end of the run is printed.
    const isTerminal = isTerminalRun((await client.run(id)).status);
    const isLastPass = isTerminal || options.follow !== true;
    const found = await printLogs(client, id, options, printer, isLastPass);
    if (isLastPass && options.attempt !== undefined && !found)
      throw new NotFoundError(`no step of run ${id} had an attempt ${options.attempt}`);
    if (isLastPass) return EXIT.completed;
    await delay(LOG_POLL_MS);
  }
}

/** Prints what was logged since the last call. Returns false if no attempt matches the options. */
async function printLogs(
  client: Client,
  run: string,
  { step: name, attempt: requestedAttempt }: LogsCommandOptions,
  printer: RemoteLogPrinter,
  isLastPass: boolean,
): Promise<boolean> {
  let found = false;
  if (name === undefined && requestedAttempt === undefined) await printer.printLogic();
  const named = name === undefined ? undefined : await findRemoteSteps(client, run, name);
  if (named?.length === 0 && isLastPass) throw await unknownRemoteStep(client, run, name ?? '');
  for await (const step of named ??
    allItems((cursor) => client.steps(run, { limit: MAX_API_PAGE_ITEMS, ...cursor }))) {
    if (step.status === 'superseded') continue;
    const origin = await printer.origin(step);
    const attempts = origin.attempts.filter(
      ({ number }) => requestedAttempt === undefined || number === requestedAttempt,
    );
    found ||= attempts.length > 0;
    if (origin.note !== null) await printer.printNote(step, origin.note);
    if (attempts.length === 0) continue;
    const texts = await printer.newTexts(step);
    for (const { number, hasLog } of attempts) {
      if (hasLog) await printer.print(step, number);
      await printer.printReported(
        step,
        number,
        texts.filter((text) => text.attempt === number),
      );
      await printer.printError(step, number);
    }
  }
  return found;
}

interface LogOrigin {
  readonly attempts: StepDocument['attempts'];
  readonly note: string | null;
}

class RemoteLogPrinter {
  readonly #client: Client;
  readonly #run: string;
  readonly #output: Output;
  /** The cursor from which to read on in each log; undefined for a log that is complete. */
  readonly #cursors = new Map<string, string | undefined>();
  readonly #returnedTexts = new Map<number, number>();
  readonly #printedErrors = new Set<string>();
  readonly #printedNotes = new Set<string>();
  readonly #origins = new Map<number, LogOrigin>();
  readonly #source: RemoteSource;
  #printedLogicLines = 0;
  #lastSource: string | undefined;

  constructor(client: Client, run: string, output: Output) {
    this.#client = client;
    this.#source = new RemoteSource(client, { metrics: false });
    this.#run = run;
    this.#output = output;
  }

  async print(step: StepDocument, attempt: number): Promise<void> {
    const source = `${step.call} ${attempt}`;
    if (this.#cursors.has(source) && this.#cursors.get(source) === undefined) return;
    for (let hasMore = true; hasMore; ) {
      const cursor = this.#cursors.get(source);
      const page = await this.#client.logs(this.#run, step.call, {
        limit: MAX_API_PAGE_ITEMS,
        ...(cursor === undefined ? { attempt } : { cursor }),
      });
      if (page.lines.length > 0) {
        await this.#printHeader(source, `${step.name}, attempt ${attempt}`);
        await this.#output.write(page.lines.map(({ text }) => `${text}\n`).join(''));
      }
      hasMore = page.hasMore;
      this.#cursors.set(source, page.complete && !page.hasMore ? undefined : page.next);
    }
  }

  /**
   * The attempts with the log of a step: its own, or those of the step that it took its result from,
   * with a note of that. The API returns the log and the texts of that step.
   */
  async origin(step: StepDocument): Promise<LogOrigin> {
    const known = this.#origins.get(step.call);
    if (known !== undefined) return known;
    const note = await originText(this.#source.reported, toStepViewModel(step));
    if (step.status !== 'cached' || step.cachedFrom === null)
      return { attempts: step.attempts, note };
    const { run, step: name } = step.cachedFrom;
    const isKnown = (await this.#source.reported.originRun(run)) !== undefined;
    const steps = isKnown ? await findRemoteSteps(this.#client, run, name) : [];
    const origin = { attempts: steps.find((each) => each.name === name)?.attempts ?? [], note };
    this.#origins.set(step.call, origin);
    return origin;
  }

  /** Prints once where the result and the log of a step are from. */
  async printNote(step: StepDocument, note: string): Promise<void> {
    const source = `note ${step.call}`;
    if (this.#printedNotes.has(source)) return;
    this.#printedNotes.add(source);
    await this.#printHeader(source, `${step.name}, ${note}`);
  }

  /** Prints what the logic and its callbacks printed. */
  async printLogic(): Promise<void> {
    let count = 0;
    for await (const { text } of allItems((cursor) =>
      this.#client.runTexts(this.#run, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    )) {
      if (++count <= this.#printedLogicLines) continue;
      await this.#printHeader('logic', 'logic');
      await this.#output.write(`${text}\n`);
    }
    this.#printedLogicLines = count;
  }

  /** Prints the error of an attempt that failed. The last one is on record with its stack. */
  async printError(step: StepDocument, number: number): Promise<void> {
    const source = `error ${step.call} ${number}`;
    const isLast = step.attempts.at(-1)?.number === number;
    const short = step.attempts.find((attempt) => attempt.number === number)?.error ?? null;
    const error = isLast ? (step.error ?? short) : short;
    if (error === null || short === null || this.#printedErrors.has(source)) return;
    this.#printedErrors.add(source);
    await this.#printHeader(source, `${step.name}, attempt ${number}, error`);
    await this.#output.write(
      `${[errorHeader(error), ...errorDetails(error, this.#output)].join('\n')}\n`,
    );
  }

  /** The texts of all attempts that were not returned before. */
  async newTexts(step: StepDocument): Promise<readonly ReportedTextDocument[]> {
    const returned = this.#returnedTexts.get(step.call) ?? 0;
    const texts = await listAll((cursor) =>
      this.#client.texts(this.#run, step.call, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    );
    this.#returnedTexts.set(step.call, texts.length);
    return texts.slice(returned);
  }

  /** Prints what the attempt reported with `logger.reportText`. */
  async printReported(
    step: StepDocument,
    attempt: number,
    texts: readonly ReportedTextDocument[],
  ): Promise<void> {
    for (const { text, at } of texts) {
      await this.#printHeader(
        `reported ${step.call} ${attempt}`,
        `${step.name}, attempt ${attempt}, reported`,
      );
      await this.#output.write(`${at} ${text}\n`);
    }
  }

  async #printHeader(source: string, title: string): Promise<void> {
    if (this.#lastSource === source) return;
    await this.#output.write(`${this.#output.colors.bold(`==> ${title} <==`)}\n`);
    this.#lastSource = source;
  }
}
