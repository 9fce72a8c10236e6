/**
 * The objects by which the controller stops an attempt: of its whole generation, or of its job.
 *
 * @module
 */
import { S3ServiceException } from '@aws-sdk/client-s3';
import type { StepInvocation } from '../../src/aws/jobs/step-invocation.ts';
import { errorData, consoleLog as log } from '../../src/aws/observability/log.ts';
import { jobNameParts, type RunId } from '../../src/model/ids.ts';
import { generationStopKey, jobStopKey } from '../../src/model/object-layout.ts';
import { ObjectMissingError, type Objects } from '../../src/ports/objects.ts';

interface StoppableAttempt extends Pick<StepInvocation, 'job' | 'project'> {
  readonly run: RunId;
  /** The id of this execution. */
  readonly execution: string;
}

type StopReader = Pick<Objects, 'get'>;

const CHECK_INTERVAL_MS = 10_000;
const MAX_BYTES = 1000;

export async function isStopped(
  objects: StopReader,
  { project, run, job, execution }: StoppableAttempt,
): Promise<boolean> {
  const { generation } = jobNameParts(job.name);
  const [ofGeneration, ofJob] = await Promise.all([
    read(objects, generationStopKey(project, run, generation)),
    read(objects, jobStopKey(project, run, job)),
  ]);
  // The object of a job names one execution, or none, which means all.
  return (
    ofGeneration !== undefined || (ofJob !== undefined && (ofJob === '' || ofJob === execution))
  );
}

/** Calls `stop` once the attempt must stop. The returned function ends the checks. */
export function watchForStop(
  objects: StopReader,
  attempt: StoppableAttempt,
  stop: () => void,
): () => void {
  const check = async () => {
    if (await isStopped(objects, attempt)) {
      clearInterval(timer);
      stop();
    }
  };
  const timer = setInterval(
    () => void check().catch((error: unknown) => log.warn('stop check failed', errorData(error))),
    CHECK_INTERVAL_MS,
  );
  return () => clearInterval(timer);
}

/** S3 answers 403 for a missing object, because the role of a step may not list the bucket. */
async function read(objects: StopReader, key: string): Promise<string | undefined> {
  try {
    return Buffer.from(await objects.get(key, MAX_BYTES)).toString();
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403)
      return undefined;
    throw error;
  }
}
