/**
 * The evaluator port on a Lambda function, which does the work (`service.ts`).
 *
 * 1. Which instance answers cannot be chosen: it is asked with the new events, and if it does not know the run, with all.
 * 2. With isolation by tenant, the tenant is the project: no instance serves two.
 * 3. It gets URLs for its own project's objects alone, whatever it asks for.
 * 4. An instance that the logic brought down twice brings the run down, not the controller.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { HeadraceError, toErrorRecord } from '../../model/errors.ts';
import type { SignedCommand } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import { historyTailKey, projectOf, projectPrefix } from '../../model/object-layout.ts';
import type { RunInfo } from '../../model/run.ts';
import {
  CommandTooLargeError,
  type EvaluationRequest,
  type Evaluator,
  type LogicAnswer,
} from '../../ports/evaluator.ts';
import type { Tasks } from '../../ports/tasks.ts';
import { errorData, type Log } from '../observability/log.ts';
import type { S3Objects } from '../storage/s3-objects.ts';
import { createHistoryCache } from './history-cache.ts';
import { packHistory } from './history-encoding.ts';
import { createSnapshots } from './history-snapshots.ts';
import {
  type ColdStart,
  type EvaluatePayload,
  type EvaluatorPayload,
  type EvaluatorReply,
  evaluatorReplySchema,
} from './protocol.ts';
import { storedKeysIn } from './stored-values.ts';

export interface LambdaEvaluatorOptions {
  readonly client: LambdaClient;
  readonly functionName: string;
  readonly isolation: 'tenant' | 'function';
  readonly objects: S3Objects;
  readonly tasks: Pick<Tasks, 'events' | 'signatures'>;
  /** Reads commands from JSON that nobody vouches for. */
  readonly readCommands: (json: string) => readonly SignedCommand[];
  readonly log: Log;
}

/** The logic ended the process that evaluated it. */
export class EvaluatorCrashedError extends HeadraceError {
  constructor(readonly reason: string) {
    super(
      `the pipeline's logic ended the function that ran it, twice (${reason}): it took too much memory or time. Large data and long computations belong into components`,
    );
  }
}

/** The evaluator could not answer; asked again, it may. */
export class EvaluatorUnavailableError extends HeadraceError {}

/** Of 6 MB that a payload may hold, what the history may take. */
const MAX_INLINE_HISTORY_LENGTH = 3_500_000;
const MAX_WARM_EVENTS = 1000;
/** What an answer of 6 MB can unfold to. */
const MAX_PAGE_BYTES = 64 * 2 ** 20;
/** Results for which URLs are sent without being asked for. */
const MAX_PREFETCHED_URLS = 50;
const SHRINK_FACTOR = 8;
const MAX_REMEMBERED_RUNS = 500;

interface EvaluationProgress {
  readonly generation: number;
  readonly position: number;
  /** Of commands a page, where more of them did not fit into an answer. */
  readonly limit: number;
}

export function createLambdaEvaluator(options: LambdaEvaluatorOptions): Evaluator {
  const { client, functionName, isolation, objects, tasks, readCommands, log } = options;
  const snapshots = createSnapshots({ objects, tasks });
  const histories = createHistoryCache();
  /** How far the evaluation of a run was, when it was last asked. */
  const progress = new Map<RunId, EvaluationProgress>();

  /** @throws EvaluatorUnavailableError; a crash is an answer of its own */
  async function invoke(
    info: RunInfo,
    payload: EvaluatorPayload,
  ): Promise<EvaluatorReply | { readonly kind: 'crashed'; readonly reason: string }> {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        Payload: Buffer.from(JSON.stringify(payload)),
        ...(isolation === 'tenant' ? { TenantId: tenantOf(info.project) } : {}),
      }),
    );
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) return { kind: 'crashed', reason: text.slice(0, 500) };
    const reply = evaluatorReplySchema.safeParse(parseJson(text));
    if (!reply.success)
      throw new EvaluatorUnavailableError(
        `the evaluator answered something that is no answer: ${text.slice(0, 200)}`,
      );
    return reply.data;
  }

  async function warmPayload(request: EvaluationRequest): Promise<EvaluatePayload | undefined> {
    const { info, generation, position } = request;
    const last = progress.get(info.id);
    const from = last?.generation === generation ? last.position : request.knownEvents;
    if (
      from === undefined ||
      from > position ||
      position - from > MAX_WARM_EVENTS ||
      request.fromCommand === 0
    )
      return undefined;
    const events = await histories.events(request, from);
    if (JSON.stringify(events).length > MAX_INLINE_HISTORY_LENGTH) return undefined;
    return {
      ...commonFields(request),
      from,
      events,
      urls: await urlsOf(info, storedKeysIn(events).slice(0, MAX_PREFETCHED_URLS)),
    };
  }

  async function coldPayload(request: EvaluationRequest): Promise<EvaluatePayload> {
    const { info, generation, position, fromCommand } = request;
    const found = await snapshots.latest(info, generation);
    const snapshot =
      found !== undefined && found.events <= position && found.signatures <= fromCommand
        ? found
        : undefined;
    const events = await histories.events(request, snapshot?.events ?? 0);
    const signatures = await histories.signatures(request, snapshot?.signatures ?? 0);
    const tail = packHistory(events, signatures);
    const cold: ColdStart = {
      info: withoutComponentCode(info),
      codeUrl: await objects.readUrl(info.code.logic.key),
      history: [
        ...(snapshot === undefined ? [] : [{ url: await objects.readUrl(snapshot.key) }]),
        await inlineOrStored(info, tail),
      ],
    };
    return {
      ...commonFields(request),
      from: 0,
      events: [],
      urls: await urlsOf(info, storedKeysIn(events).slice(0, MAX_PREFETCHED_URLS)),
      coldStart: cold,
    };
  }

  /** In the payload, or beside it where it is too large. */
  async function inlineOrStored(
    info: RunInfo,
    tail: Uint8Array,
  ): Promise<ColdStart['history'][number]> {
    const base64 = Buffer.from(tail).toString('base64');
    if (base64.length <= MAX_INLINE_HISTORY_LENGTH) return { base64 };
    const key = historyTailKey(info, createHash('sha256').update(tail).digest('hex'));
    await objects.putIfAbsent(key, tail);
    return { url: await objects.readUrl(key) };
  }

  /** Rule 3. */
  async function urlsOf(
    info: RunInfo,
    keys: readonly string[],
  ): Promise<Readonly<Record<string, string>>> {
    const ownKeys = keys.filter((key) => key.startsWith(projectPrefix(projectOf(info))));
    return Object.fromEntries(
      await Promise.all(ownKeys.map(async (key) => [key, await objects.readUrl(key)] as const)),
    );
  }

  /** Asks, and gives what is asked back for, until there is an answer. */
  async function evaluateRemotely(
    request: EvaluationRequest,
    first: EvaluatePayload,
  ): Promise<{ readonly answer: LogicAnswer; readonly limit: number }> {
    const { info } = request;
    let limit = first.limit;
    let payload: EvaluatorPayload = first;
    const brokenAnswer = (error: HeadraceError) => ({
      answer: { kind: 'broken' as const, error: toErrorRecord(error) },
      limit,
    });
    for (let crashes = 0; ; ) {
      const reply = await invoke(info, payload);
      switch (reply.kind) {
        case 'page':
          return {
            answer: {
              kind: 'page',
              commands: readCommands(unzipPage(reply.commands)),
              more: reply.more,
            },
            limit,
          };
        case 'broken':
          return { answer: reply, limit };
        case 'valuesNeeded':
          payload = {
            kind: 'supply',
            run: info.id,
            ticket: reply.ticket,
            urls: await urlsOf(info, reply.keys),
          };
          break;
        case 'pageTooLarge':
          if (limit === 1) return brokenAnswer(new CommandTooLargeError());
          limit = Math.max(1, Math.floor(limit / SHRINK_FACTOR));
          payload = { ...(await coldPayload(request)), limit };
          break;
        case 'coldStartNeeded':
          payload = { ...(await coldPayload(request)), limit };
          break;
        case 'crashed':
          crashes += 1;
          log.warn('evaluator crashed', { run: info.id, reason: reply.reason });
          if (crashes === 2) return brokenAnswer(new EvaluatorCrashedError(reply.reason));
          payload = { ...(await coldPayload(request)), limit };
          break;
        case 'failed':
          throw new EvaluatorUnavailableError(`the evaluator failed: ${reply.reason}`);
      }
    }
  }

  return {
    async evaluate(original) {
      const { info, generation, position, fromCommand } = original;
      const request = {
        ...original,
        limit: Math.min(original.limit, progress.get(info.id)?.limit ?? original.limit),
      };
      const { answer, limit } = await evaluateRemotely(
        request,
        (await warmPayload(request)) ?? (await coldPayload(request)),
      );
      if (progress.size >= MAX_REMEMBERED_RUNS) progress.clear();
      if (answer.kind === 'page')
        progress.set(info.id, {
          generation,
          position,
          limit: answer.more ? limit : original.limit,
        });
      else progress.delete(info.id);
      if (answer.kind === 'page') histories.recordAnswer(request, answer.commands);
      await snapshots
        .grow(info, generation, position, fromCommand)
        .then((snapshot) => snapshot !== undefined && histories.dropBelow(info.id, snapshot))
        .catch((error: unknown) =>
          log.warn('snapshot not made', { run: info.id, ...errorData(error) }),
        );
      return answer;
    },
    drop(run) {
      progress.delete(run);
      histories.drop(run);
    },
  };
}

const commonFields = ({ info, generation, position, fromCommand, limit }: EvaluationRequest) => ({
  kind: 'evaluate' as const,
  run: info.id,
  generation,
  position,
  fromCommand,
  limit,
});

/** The code of a large pipeline's components is most of what is known of a run. */
const withoutComponentCode = (info: RunInfo): RunInfo => ({
  ...info,
  code: {
    ...info.code,
    components: [],
    logic: { ...info.code.logic, packages: [], resolvedImports: {} },
    serializers: null,
  },
});

/** Letters that a tenant's id may have; a project has others only where it is not ASCII. */
const tenantOf = (project: string): string =>
  /^[A-Za-z0-9._/ -]{1,256}$/.test(project)
    ? project
    : `sha256:${createHash('sha256').update(project).digest('hex')}`;

const unzipPage = (base64: string): string =>
  gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: MAX_PAGE_BYTES }).toString();

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
