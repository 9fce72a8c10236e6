/**
 * The environment variables that a job sets for its container.
 *
 * @module
 */
import { z } from 'zod';
import { CONTAINER_VARIABLES, containerJobId } from '../../model/container.ts';
import { HeadraceError } from '../../model/headrace-error.ts';

export interface ContainerEnvironment {
  readonly bucket: string;
  /** Key of the group's spec. */
  readonly specKey: string;
  /** The spec itself, if it is small enough for a variable. */
  readonly specText: string | undefined;
  /** The member of the group that this container is. */
  readonly index: number;
  readonly token: string;
  readonly job: string;
  readonly transitionsQueueUrl: string;
  readonly graceSeconds: number;
  /** The region of the queue. AWS sets AWS_REGION on Fargate, but not on EC2. */
  readonly region: string | undefined;
}

export class ContainerEnvironmentError extends HeadraceError {}

const OBJECT_URL = /^s3:\/\/([^/]+)\/(.+)$/;
const countSchema = z.coerce.number().int().nonnegative();
const schema = z.object({
  [CONTAINER_VARIABLES.spec]: z.string().regex(OBJECT_URL),
  [CONTAINER_VARIABLES.specText]: z.string().optional(),
  [CONTAINER_VARIABLES.token]: z.string(),
  [CONTAINER_VARIABLES.transitions]: z.string().min(1),
  [CONTAINER_VARIABLES.graceSeconds]: z.coerce.number().positive().default(30),
  AWS_BATCH_JOB_ID: z.string().min(1),
  AWS_BATCH_JOB_ATTEMPT: countSchema.default(1),
  AWS_BATCH_JOB_ARRAY_INDEX: countSchema.default(0),
  AWS_REGION: z.string().optional(),
});

/** @throws ContainerEnvironmentError */
export function readContainerEnvironment(environment: NodeJS.ProcessEnv): ContainerEnvironment {
  const parsed = schema.safeParse(environment);
  if (!parsed.success)
    throw new ContainerEnvironmentError(
      `this program is started by AWS Batch for a step of Headrace:\n${z.prettifyError(parsed.error)}`,
    );
  const {
    HEADRACE_SPEC,
    HEADRACE_SPEC_TEXT,
    HEADRACE_TOKEN,
    HEADRACE_TRANSITIONS,
    HEADRACE_GRACE_SECONDS,
    AWS_BATCH_JOB_ID,
    AWS_BATCH_JOB_ATTEMPT,
    AWS_BATCH_JOB_ARRAY_INDEX,
    AWS_REGION,
  } = parsed.data;
  const [, bucket = '', spec = ''] = OBJECT_URL.exec(HEADRACE_SPEC) ?? [];
  return {
    bucket,
    // Not decoded, because a key may contain per cent signs.
    specKey: spec,
    index: AWS_BATCH_JOB_ARRAY_INDEX,
    specText: HEADRACE_SPEC_TEXT,
    token: HEADRACE_TOKEN,
    job: containerJobId(AWS_BATCH_JOB_ID, AWS_BATCH_JOB_ATTEMPT),
    transitionsQueueUrl: HEADRACE_TRANSITIONS,
    graceSeconds: HEADRACE_GRACE_SECONDS,
    region: AWS_REGION ?? /^https?:\/\/sqs\.([a-z0-9-]+)\./.exec(HEADRACE_TRANSITIONS)?.[1],
  };
}
