/**
 * The name of the container's log stream, from the ECS metadata endpoint.
 *
 * @module
 */
import { z } from 'zod';

const METADATA_TIMEOUT_MS = 1_000;
const metadataSchema = z.looseObject({
  LogOptions: z.looseObject({ 'awslogs-stream': z.string().min(1) }),
});

/** Undefined without the ECS metadata endpoint. The job's completion event then names it. */
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
