/** `headrace runs logs` on this machine. */

import { open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NotFoundError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import type { ReportedText } from '../../model/artifacts.ts';
import type { RunId } from '../../model/ids.ts';
import { toIsoTime } from '../../model/iso-time.ts';
import { isTerminalRun } from '../../model/run.ts';
import type { Attempt, Step } from '../../model/step.ts';
import { findOriginStep, readStepTexts } from '../../ports/reported-outputs.ts';
import { errorDetails, errorHeader } from '../../view/error-text.ts';
import type { Output } from '../../view/output.ts';
import { stepPages } from '../../view/run-report.ts';
import { originText } from '../../view/step-origin.ts';
import type { LogsCommandOptions } from '../option-types.ts';
import { selectSteps, withSelectedRun } from '../select.ts';

const LOG_POLL_MS = 250;
/** The title of the logic's own output. */
const LOGIC = 'logic';
const CHUNK_BYTES = 64 * 1024;

export async function logs(
  text: string,
  options: LogsCommandOptions,
  output: Output,
): Promise<ExitCode> {
  return await withSelectedRun(text, options, async ({ home, records, run }) => {
    const printer = new LogPrinter(home, output);
    while (true) {
      // The status is read first, so that all output that precedes the end of the run is printed.
      const isTerminal = isTerminalRun(
        (await records.tasks.run(run.info.id))?.head.status ?? 'failed',
      );
      const found = await printLogs(records, run.info.id, options, printer);
      if (options.attempt !== undefined && !found && (isTerminal || !options.follow))
        throw new NotFoundError(`no step of run ${run.info.id} had an attempt ${options.attempt}`);
      if (isTerminal || !options.follow) return EXIT.completed;
      await delay(LOG_POLL_MS);
    }
  });
}

/** Prints what was logged since the last call. Returns false if no attempt matches the options. */
async function printLogs(
  records: HomeRecords,
  run: RunId,
  options: LogsCommandOptions,
  printer: LogPrinter,
): Promise<boolean> {
  let found = false;
  if (options.step === undefined && options.attempt === undefined)
    await printer.printLogic(await records.queries.runTexts(run));
  const pages =
    options.step === undefined
      ? stepPages(records.queries, run)
      : [await selectStepsIfCalled(records, run, options.step, options.follow === true)];
  for await (const steps of pages) {
    for (const step of steps) {
      const origin = await readLogOrigin(records, step);
      const attempts = origin.attempts.filter(
        ({ number }) => options.attempt === undefined || number === options.attempt,
      );
      found ||= attempts.length > 0;
      const texts = attempts.length === 0 ? [] : await readStepTexts(records, run, step);
      if (origin.note !== null) await printer.printNote(step, origin.note);
      for (const attempt of attempts) {
        await printer.print(step, attempt);
        await printer.printReported(
          step,
          attempt.number,
          texts.filter((text) => text.attempt === attempt.number),
        );
        await printer.printError(step, attempt);
      }
    }
  }
  return found;
}

/**
 * The attempts with the log of a step: its own, or those of the step that it took its result from,
 * with a note of that.
 */
async function readLogOrigin(
  records: HomeRecords,
  step: Step,
): Promise<{ readonly attempts: readonly Attempt[]; readonly note: string | null }> {
  const note = await originText(records.reported, step);
  if (step.status !== 'cached' || step.cachedFrom === null)
    return { attempts: step.attempts, note };
  const origin = await findOriginStep(records, step.cachedFrom);
  return { attempts: origin?.step.attempts ?? [], note };
}

/**
 * The selected steps. While a run is followed, it may call the step later: no steps are no error.
 */
async function selectStepsIfCalled(
  records: HomeRecords,
  run: RunId,
  name: string,
  follow: boolean,
): Promise<readonly Step[]> {
  try {
    return await selectSteps(records, run, name);
  } catch (error) {
    if (follow && error instanceof NotFoundError) return [];
    throw error;
  }
}

class LogPrinter {
  readonly #home: string;
  readonly #output: Output;
  /** How much is printed: bytes by file, texts by attempt. */
  readonly #printed = new Map<string, number>();
  #lastSource: string | undefined;
  #isAtLineStart = true;

  constructor(home: string, output: Output) {
    this.#home = home;
    this.#output = output;
  }

  async print(step: Step, attempt: Attempt): Promise<void> {
    if (attempt.logStream === undefined) return;
    const path = isAbsolute(attempt.logStream)
      ? attempt.logStream
      : join(this.#home, attempt.logStream);
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return;
    try {
      const buffer = Buffer.alloc(CHUNK_BYTES);
      for (let at = this.#printed.get(path) ?? 0; ; ) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at);
        if (bytesRead === 0) break;
        await this.#printHeader(path, `${step.name}, attempt ${attempt.number}`);
        await this.#output.write(Buffer.from(buffer.subarray(0, bytesRead)));
        this.#isAtLineStart = buffer[bytesRead - 1] === 0x0a;
        at += bytesRead;
        this.#printed.set(path, at);
      }
    } finally {
      await file.close();
    }
  }

  /** Prints once where the result and the log of a step are from. */
  async printNote(step: Step, note: string): Promise<void> {
    const source = `note ${step.call}`;
    if (this.#printed.has(source)) return;
    this.#printed.set(source, 1);
    await this.#printHeader(source, `${step.name}, ${note}`);
  }

  /** Prints what the logic and its callbacks printed. */
  async printLogic(texts: readonly ReportedText[]): Promise<void> {
    const printed = this.#printed.get(LOGIC) ?? 0;
    if (texts.length <= printed) return;
    await this.#printHeader(LOGIC, LOGIC);
    for (const { text } of texts.slice(printed)) await this.#output.write(`${text}\n`);
    this.#printed.set(LOGIC, texts.length);
  }

  /** Prints the error of an attempt that failed, after what the attempt printed. */
  async printError(step: Step, attempt: Attempt): Promise<void> {
    const source = `error ${step.call} ${attempt.number}`;
    if (attempt.error === undefined || this.#printed.has(source)) return;
    this.#printed.set(source, 1);
    await this.#printHeader(source, `${step.name}, attempt ${attempt.number}, error`);
    await this.#output.write(
      `${[errorHeader(attempt.error), ...errorDetails(attempt.error, this.#output)].join('\n')}\n`,
    );
  }

  /** Prints what the step reported with `logger.reportText`. */
  async printReported(step: Step, attempt: number, texts: readonly ReportedText[]): Promise<void> {
    const source = `reported ${step.call} ${attempt}`;
    const printed = this.#printed.get(source) ?? 0;
    if (texts.length <= printed) return;
    await this.#printHeader(source, `${step.name}, attempt ${attempt}, reported`);
    for (const { text, at } of texts.slice(printed))
      await this.#output.write(`${toIsoTime(at)} ${text}\n`);
    this.#printed.set(source, texts.length);
  }

  async #printHeader(source: string, title: string): Promise<void> {
    if (this.#lastSource === source) return;
    const { colors } = this.#output;
    await this.#output.write(
      `${this.#isAtLineStart ? '' : '\n'}${colors.bold(`==> ${title} <==`)}\n`,
    );
    this.#lastSource = source;
    this.#isAtLineStart = true;
  }
}
