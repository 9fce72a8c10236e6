/**
 * Reads the messages that a runner stored because no queue or parent accepted them.
 *
 * A step can write these objects, so their size is bounded and their content is not trusted. The
 * sender that a message claims is replaced by the reader.
 *
 * @module
 */
import {
  MAX_ATTEMPT_REPORTS,
  MAX_STORED_REPORTS_BYTES,
  MAX_STORED_RESULT_BYTES,
} from '../model/limits.ts';
import { reportsKey, resultKey } from '../model/object-layout.ts';
import { type FinishedMessage, type ReportedMessage, readRunnerMessage } from '../model/spec.ts';
import { ObjectMissingError, type Objects, ObjectTooLargeError } from './objects.ts';

export interface StoredMessages {
  /** In the order of sending. */
  readonly reports: readonly ReportedMessage[];
  readonly result: FinishedMessage | undefined;
  /**
   * Why a result was rejected: it is invalid or too large. `result` is then the failure of its
   * attempt, if the sender could be read.
   */
  readonly rejectedResult: string | undefined;
  /** Why reports were rejected. */
  readonly rejectedReports: readonly string[];
}

type ReadableObjects = Pick<Objects, 'get'>;

/** @param output `StepSpec.outputPrefix` */
export async function readStoredMessages(
  objects: ReadableObjects,
  output: string,
  job: string,
): Promise<StoredMessages> {
  return {
    ...(await readStoredResult(objects, output, job)),
    ...(await readStoredReports(objects, output, job)),
  };
}

export async function readStoredResult(
  objects: ReadableObjects,
  output: string,
  job: string,
): Promise<Pick<StoredMessages, 'result' | 'rejectedResult'>> {
  const stored = await readJson(objects, resultKey(output, job), MAX_STORED_RESULT_BYTES);
  if (stored === undefined) return { result: undefined, rejectedResult: undefined };
  if ('problem' in stored) return { result: undefined, rejectedResult: stored.problem };
  const read = readRunnerMessage(stored.content);
  if (!read.ok) return { result: undefined, rejectedResult: read.reason };
  return read.message.kind === 'finished'
    ? { result: read.message, rejectedResult: read.rejected }
    : { result: undefined, rejectedResult: `it is a message of kind ${read.message.kind}` };
}

async function readStoredReports(
  objects: ReadableObjects,
  output: string,
  job: string,
): Promise<Pick<StoredMessages, 'reports' | 'rejectedReports'>> {
  const stored = await readJson(objects, reportsKey(output, job), MAX_STORED_REPORTS_BYTES);
  if (stored === undefined) return { reports: [], rejectedReports: [] };
  if ('problem' in stored) return { reports: [], rejectedReports: [stored.problem] };
  if (!Array.isArray(stored.content) || stored.content.length > MAX_ATTEMPT_REPORTS)
    return { reports: [], rejectedReports: ['they are not a list of reports'] };
  const reports: ReportedMessage[] = [];
  const rejectedReports: string[] = [];
  for (const content of stored.content) {
    const read = readRunnerMessage(content);
    if (read.ok && read.message.kind === 'reported') reports.push(read.message);
    else
      rejectedReports.push(read.ok ? `one is a message of kind ${read.message.kind}` : read.reason);
  }
  return { reports, rejectedReports };
}

/** The content of an object; undefined if there is none. */
async function readJson(
  objects: ReadableObjects,
  key: string,
  maxBytes: number,
): Promise<{ readonly content: unknown } | { readonly problem: string } | undefined> {
  try {
    return { content: JSON.parse(Buffer.from(await objects.get(key, maxBytes)).toString()) };
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    if (error instanceof ObjectTooLargeError) return { problem: error.message };
    if (error instanceof SyntaxError) return { problem: `the object ${key} is not JSON` };
    throw error;
  }
}
