/**
 * The logic of a run, evaluated by a process outside of the engine: it takes the evaluation upon it, asks what there is to answer, reads the history, answers.
 *
 * 1. All of it needs the run's own token, and nothing else: it has a path of its own, beside that of the other routes. The token is good for nothing else.
 * 2. Nothing here changes the run. A claim and an answer are told to the controller, which listens to the last process that claimed it.
 * 3. An answer lies in the store before the controller is told of it; asked for something else meanwhile, it finds no answer there.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import { projectPrefix } from '../../model/object-layout.ts';
import { type ExternalEvaluator, isTerminalRun, type Run } from '../../model/run.ts';
import {
  claimEvaluationSchema,
  claimedEvaluationSchema,
  type EvaluationDocument,
  evaluationAnswerSchema,
  evaluationSchema,
  eventListSchema,
  signatureListSchema,
  valueLinkSchema,
} from '../../wire/evaluations.ts';
import { linkDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { invalidField, ProblemError } from '../problems.ts';
import {
  bodyProblems,
  commonProblems,
  conflictProblem,
  jsonBody,
  jsonResponse,
  limitParam,
  notFoundProblem,
  numberParam,
  runParams,
  textParam,
} from '../route-schemas.ts';
import { findRunOrThrow } from './lookups.ts';

const DEFAULT_PAGE_ITEMS = 200;
/** Of what an answer of Lambda may hold. */
const MAX_PAGE_LENGTH = 4_000_000;
const fromParam = numberParam('from', { minimum: 0, maximum: 999_999_999, default: 0 }).optional();
const pageQuery = z.strictObject({ from: fromParam, limit: limitParam });

interface ExternallyEvaluatedRun extends Run {
  readonly externalEvaluator: ExternalEvaluator;
}

export function evaluationRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { evaluations, tasks, links } = ports;

  /** Rule 1: before anything is looked up. */
  const requireRunToken = (c: Context, run: RunId): void => {
    const actual = Buffer.from(c.req.header('authorization') ?? '');
    const expected = Buffer.from(`Bearer ${evaluations.token(run)}`);
    if (actual.length === expected.length && timingSafeEqual(actual, expected)) return;
    const detail = "it is the token of this run's evaluator, as in Bearer <token>";
    throw new ProblemError(401, `Authorization: ${detail}`, [
      { in: 'header', field: 'Authorization', detail },
    ]);
  };

  const requireExternallyEvaluatedRun = async (
    c: Context,
    id: RunId,
  ): Promise<ExternallyEvaluatedRun> => {
    requireRunToken(c, id);
    const run = await findRunOrThrow(ports, id);
    if (run.head.externalEvaluator === undefined)
      throw new ProblemError(409, `the logic of run ${id} is evaluated by the engine itself`);
    return { ...run, externalEvaluator: run.head.externalEvaluator };
  };

  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}',
      operationId: 'getEvaluation',
      summary: 'What there is to evaluate, and who does',
      request: { params: runParams },
      responses: {
        200: jsonResponse(evaluationSchema, 'As it is now.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) =>
      c.json(
        evaluationDocument(await requireExternallyEvaluatedRun(c, c.req.valid('param').run)),
        200,
      ),
  );

  api.openapi(
    createRoute({
      method: 'post',
      path: '/evaluations/v1/{run}/claim',
      operationId: 'claimEvaluation',
      summary: 'Take the evaluation over: no other process is listened to from then on',
      request: { params: runParams, body: jsonBody(claimEvaluationSchema, true) },
      responses: {
        202: jsonResponse(
          claimedEvaluationSchema,
          'It is told; granted when the evaluation shows it.',
        ),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const run = await requireExternallyEvaluatedRun(c, c.req.valid('param').run);
      const { process } = c.req.valid('json');
      if (isTerminalRun(run.head.status))
        throw new ProblemError(
          409,
          `run ${run.info.id} is ${run.head.status}: there is nothing to evaluate`,
        );
      const isCurrentProcess = run.externalEvaluator.process === process;
      const epoch = isCurrentProcess
        ? run.externalEvaluator.epoch
        : run.externalEvaluator.epoch + 1;
      if (!isCurrentProcess) await evaluations.claim(run, epoch, process);
      const bundleLink = linkDocument(await links.read(run.info.code.logic.key));
      return c.json({ epoch, runInfo: logicRunInfo(run), bundleLink }, 202);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}/events',
      operationId: 'listEvaluationEvents',
      summary: "Events of the run's history, in order",
      request: { params: runParams, query: pageQuery },
      responses: {
        200: jsonResponse(
          eventListSchema,
          'The events from number `from` on; none where the history ends.',
        ),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const { info } = await requireExternallyEvaluatedRun(c, c.req.valid('param').run);
      const { from: first = 0, limit = DEFAULT_PAGE_ITEMS } = c.req.valid('query');
      return c.json(
        { items: itemsWithinPageLength(await tasks.events(info.id, first, limit)) },
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}/signatures',
      operationId: 'listEvaluationSignatures',
      summary: 'Signatures of the commands that are on record, in order',
      request: { params: runParams, query: pageQuery },
      responses: {
        200: jsonResponse(signatureListSchema, 'Those from number `from` on; none where they end.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const { info } = await requireExternallyEvaluatedRun(c, c.req.valid('param').run);
      const { from: first = 0, limit = DEFAULT_PAGE_ITEMS } = c.req.valid('query');
      return c.json(
        { items: itemsWithinPageLength(await tasks.signatures(info.id, first, limit)) },
        200,
      );
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}/values',
      operationId: 'getEvaluationValueLink',
      summary: 'A link to a result that is too large to be part of an event',
      request: {
        params: runParams,
        query: z.strictObject({
          key: textParam('The key of the object, as the event names it.', 2000),
        }),
      },
      responses: {
        200: jsonResponse(valueLinkSchema, 'Where to read it.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const { info } = await requireExternallyEvaluatedRun(c, c.req.valid('param').run);
      const { key } = c.req.valid('query');
      const prefix = projectPrefix(info);
      if (
        !['data', 'spec'].some((kind) => key.startsWith(`${prefix}/${kind}/`)) ||
        key.split('/').includes('..')
      )
        throw new ProblemError(403, 'key: it is no result of this project', [
          { in: 'query', field: 'key', detail: 'it is no result of this project' },
        ]);
      return c.json({ link: linkDocument(await links.read(key)) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'post',
      path: '/evaluations/v1/{run}/answers',
      operationId: 'answerEvaluation',
      summary: 'Answer the question that the evaluation shows',
      request: { params: runParams, body: jsonBody(evaluationAnswerSchema, true) },
      responses: {
        202: jsonResponse(evaluationSchema, 'It is told; the evaluation as it was then.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const run = await requireExternallyEvaluatedRun(c, c.req.valid('param').run);
      const body = c.req.valid('json');
      const { kind: _, process, epoch, generation, position, fromCommand, ...outcome } = body;
      const answerKey = { process, epoch, generation, position, fromCommand };
      const { head, externalEvaluator } = run;
      if (externalEvaluator.process !== process || externalEvaluator.epoch !== epoch)
        throw new ProblemError(
          409,
          `another process evaluates run ${run.info.id} since: this one's answers are no longer wanted`,
        );
      if (
        head.generation !== generation ||
        head.requestedPosition !== position ||
        head.commandCount !== fromCommand
      )
        throw new ProblemError(
          409,
          `this is not the question that run ${run.info.id} waits to have answered`,
        );
      const answer =
        'commands' in outcome
          ? { kind: 'page' as const, commands: outcome.commands, more: outcome.hasMore }
          : { kind: 'broken' as const, error: outcome.error };
      if (answer.kind === 'page' && !evaluations.areCommands(answer.commands))
        throw invalidField('commands', 'it holds something that is no command');
      await evaluations.answer(run, answerKey, answer);
      return c.json(evaluationDocument(run), 202);
    },
  );
}

function evaluationDocument({
  head,
  externalEvaluator,
}: ExternallyEvaluatedRun): EvaluationDocument {
  const { generation, requestedPosition: position, commandCount, status } = head;
  return {
    status,
    terminal: isTerminalRun(status),
    epoch: externalEvaluator.epoch,
    process: externalEvaluator.process,
    request:
      externalEvaluator.answerPending && status === 'running'
        ? { generation, position, fromCommand: commandCount }
        : null,
  };
}

/** The code of its components is not the logic's business, and is most of what is known of a large pipeline. */
const logicRunInfo = ({ info }: Run) => ({
  ...info,
  code: {
    ...info.code,
    components: [],
    logic: { ...info.code.logic, packages: [], resolvedImports: {} },
    serializers: null,
    projectRoot: '',
  },
});

/** As many as fit into an answer, and at least one. */
function itemsWithinPageLength<T>(items: readonly T[]): T[] {
  const page: T[] = [];
  let size = 0;
  for (const item of items) {
    size += JSON.stringify(item).length;
    if (page.length > 0 && size > MAX_PAGE_LENGTH) break;
    page.push(item);
  }
  return page;
}
