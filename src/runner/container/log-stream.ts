/**
 * The name of the log stream that the container writes to, as ECS tells it.
 *
 * @module
 */
import { z } from 'zod';

const METADATA_TIMEOUT_MS = 1_000;
const metadataSchema = z.looseObject({
  LogOptions: z.looseObject({ 'awslogs-stream': z.string().min(1) }),
});

/** Undefined if there is nobody to tell; the event of the job's end names it then. */
export async function logStreamOf(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const url = environment.ECS_CONTAINER_METADATA_URI_V4;
  if (url === undefined) return undefined;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(METADATA_TIMEOUT_MS) });
    return metadataSchema.parse(await response.json()).LogOptions['awslogs-stream'];
  } catch {
    return undefined;
  }
}
