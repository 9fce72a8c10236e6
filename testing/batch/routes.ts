/**
 * Routes requests to the operations of Batch, and to the emulator's own paths.
 *
 * @module
 */
import { z } from 'zod';
import type { BatchParts } from './batch.ts';
import { Refusal } from './errors.ts';
import { type Events, httpTarget } from './events.ts';
import { type Faults, faultSchema } from './faults.ts';
import type { Injections } from './injection.ts';
import type { Logs } from './logs.ts';
import { operationsOf } from './operations.ts';
import { eventPatternSchema } from './pattern.ts';
import type { Answer, Handler, Request } from './server.ts';
import { taggedBy, tagResource, untagResource } from './tags.ts';

export interface RouteParts extends BatchParts {
  readonly events: Events;
  readonly logs: Logs;
  readonly injections: Injections;
  readonly faults: Faults;
  readonly executorName: string;
}

const ok = (body: object | string = {}): Answer => ({ status: 200, body });

const targetSchema = z.object({ url: z.url(), pattern: eventPatternSchema.optional() });
const reclaimSchema = z.object({ kill: z.boolean().default(false) });

export function routes(parts: RouteParts): Handler {
  const operations = operationsOf(parts);
  return (request) => {
    const [, first = '', second = '', ...rest] = request.path.split('/');
    if (first === 'v1' && second === 'tags') return tags(parts, request, rest.join('/'));
    if (first === 'v1' && request.method === 'POST') {
      const act = operations.get(second);
      return act === undefined
        ? undefined
        : ok(parts.faults.guard(second, () => act(request.body)));
    }
    return first === '_batch' ? admin(parts, request, second, rest) : undefined;
  };
}

function tags(
  parts: RouteParts,
  { method, query, body }: Request,
  arn: string,
): Answer | undefined {
  const tagged = taggedBy(parts, arn);
  if (method === 'GET') return ok({ tags: tagged.tags });
  if (method === 'POST') tagResource(tagged, body);
  else if (method === 'DELETE') untagResource(tagged, query.getAll('tagKeys'));
  else return undefined;
  return ok();
}

function admin(
  parts: RouteParts,
  request: Request,
  resource: string,
  rest: readonly string[],
): Answer | undefined {
  const key = `${request.method} ${resource}`;
  const [id = '', part] = rest;
  switch (key) {
    case 'GET health':
      return ok({ status: 'ok', executor: parts.executorName });
    case 'POST jobs':
      if (part !== 'reclaim') return undefined;
      return reclaim(parts, id, parse(reclaimSchema, request.body).kill);
    case 'GET logs': {
      const stream = request.query.get('stream') ?? '';
      const lines = parts.logs.read(stream);
      return lines === undefined ? undefined : ok({ stream, events: lines });
    }
    case 'GET tasks': {
      const found =
        part === 'credentials'
          ? parts.injections.credentialsOf(id)
          : part === 'task'
            ? parts.injections.metadataOf(id, undefined)
            : metadata(parts, id, rest);
      return found === undefined ? undefined : ok(found);
    }
    case 'PUT targets': {
      const { url, pattern } = parse(targetSchema, request.body);
      parts.events.setTarget(id, httpTarget(url, pattern));
      return ok();
    }
    case 'DELETE targets':
      parts.events.removeTarget(id);
      return ok();
    case 'POST faults':
      parts.faults.add(parse(faultSchema, request.body));
      return ok();
    default:
      return undefined;
  }
}

/** Answers `containers/<name>`, and `containers/<name>/task`, which some SDK clients request. */
function metadata(
  { injections }: RouteParts,
  id: string,
  [, containers, name, task]: readonly string[],
): object | undefined {
  return containers === 'containers'
    ? injections.metadataOf(id, task === 'task' ? undefined : name)
    : undefined;
}

export function reclaim({ jobs, lifecycle }: BatchParts, jobId: string, kill: boolean): Answer {
  const job = jobs.get(jobId);
  if (job === undefined) throw new Refusal(`Job ${jobId} does not exist`);
  lifecycle.reclaim(job, kill);
  return ok();
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refusal(z.prettifyError(parsed.error));
  return parsed.data;
}
