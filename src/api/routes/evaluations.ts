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
  answerSchema,
  claimedSchema,
  claimSchema,
  type EvaluationDocument,
  evaluationSchema,
  eventListSchema,
  signatureListSchema,
  valueLinkSchema,
} from '../../wire/evaluations.ts';
import {
  bodyRefusals,
  conflict,
  json,
  jsonBody,
  limitParam,
  notFound,
  numberParam,
  refusals,
  runParams,
  textParam,
} from '../contract.ts';
import { linkDocument } from '../documents.ts';
import type { ApiPorts } from '../ports.ts';
import { invalid, ProblemError } from '../problems.ts';
import { knownRun } from './known.ts';

const PAGE = 200;
/** Of what an answer of Lambda may hold. */
const LARGEST_PAGE = 4_000_000;
const from = numberParam('from', { minimum: 0, maximum: 999_999_999, default: 0 }).optional();
const pageQuery = z.strictObject({ from, limit: limitParam });

interface Evaluated extends Run {
  readonly outside: ExternalEvaluator;
}

export function evaluationRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { evaluations, tasks, links } = ports;

  /** Rule 1: before anything is looked up. */
  const authorized = (c: Context, run: RunId): void => {
    const given = Buffer.from(c.req.header('authorization') ?? '');
    const expected = Buffer.from(`Bearer ${evaluations.token(run)}`);
    if (given.length === expected.length && timingSafeEqual(given, expected)) return;
    const detail = "it is the token of this run's evaluator, as in Bearer <token>";
    throw new ProblemError(401, `Authorization: ${detail}`, [
      { in: 'header', field: 'Authorization', detail },
    ]);
  };

  const evaluated = async (c: Context, id: RunId): Promise<Evaluated> => {
    authorized(c, id);
    const run = await knownRun(ports, id);
    if (run.head.externalEvaluator === undefined)
      throw new ProblemError(409, `the logic of run ${id} is evaluated by the engine itself`);
    return { ...run, outside: run.head.externalEvaluator };
  };

  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}',
      operationId: 'showEvaluation',
      summary: 'What there is to evaluate, and who does',
      request: { params: runParams },
      responses: {
        200: json(evaluationSchema, 'As it is now.'),
        ...refusals,
        ...notFound,
        ...conflict,
      },
    }),
    async (c) => c.json(evaluationDocument(await evaluated(c, c.req.valid('param').run)), 200),
  );

  api.openapi(
    createRoute({
      method: 'post',
      path: '/evaluations/v1/{run}/claim',
      operationId: 'claimEvaluation',
      summary: 'Take the evaluation over: no other process is listened to from then on',
      request: { params: runParams, body: jsonBody(claimSchema, true) },
      responses: {
        202: json(claimedSchema, 'It is told; granted when the evaluation shows it.'),
        ...refusals,
        ...notFound,
        ...conflict,
        ...bodyRefusals,
      },
    }),
    async (c) => {
      const run = await evaluated(c, c.req.valid('param').run);
      const { process } = c.req.valid('json');
      if (isTerminalRun(run.head.status))
        throw new ProblemError(
          409,
          `run ${run.info.id} is ${run.head.status}: there is nothing to evaluate`,
        );
      const isItself = run.outside.process === process;
      const epoch = isItself ? run.outside.epoch : run.outside.epoch + 1;
      if (!isItself) await evaluations.claim(run, epoch, process);
      const code = linkDocument(await links.read(run.info.code.logic.key));
      return c.json({ epoch, info: logicInfo(run), code }, 202);
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
        200: json(
          eventListSchema,
          'The events from number `from` on; none where the history ends.',
        ),
        ...refusals,
        ...notFound,
        ...conflict,
      },
    }),
    async (c) => {
      const { info } = await evaluated(c, c.req.valid('param').run);
      const { from: first = 0, limit = PAGE } = c.req.valid('query');
      return c.json({ items: fitting(await tasks.events(info.id, first, limit)) }, 200);
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
        200: json(signatureListSchema, 'Those from number `from` on; none where they end.'),
        ...refusals,
        ...notFound,
        ...conflict,
      },
    }),
    async (c) => {
      const { info } = await evaluated(c, c.req.valid('param').run);
      const { from: first = 0, limit = PAGE } = c.req.valid('query');
      return c.json({ items: fitting(await tasks.signatures(info.id, first, limit)) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}/values',
      operationId: 'linkEvaluationValue',
      summary: 'A link to a result that is too large to be part of an event',
      request: {
        params: runParams,
        query: z.strictObject({
          key: textParam('The key of the object, as the event names it.', 2000),
        }),
      },
      responses: {
        200: json(valueLinkSchema, 'Where to read it.'),
        ...refusals,
        ...notFound,
        ...conflict,
      },
    }),
    async (c) => {
      const { info } = await evaluated(c, c.req.valid('param').run);
      const { key } = c.req.valid('query');
      const folder = projectPrefix(info);
      if (
        !['data', 'spec'].some((kind) => key.startsWith(`${folder}/${kind}/`)) ||
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
      request: { params: runParams, body: jsonBody(answerSchema, true) },
      responses: {
        202: json(evaluationSchema, 'It is told; the evaluation as it was then.'),
        ...refusals,
        ...notFound,
        ...conflict,
        ...bodyRefusals,
      },
    }),
    async (c) => {
      const run = await evaluated(c, c.req.valid('param').run);
      const body = c.req.valid('json');
      const { kind: _, process, epoch, generation, position, fromCommand, ...said } = body;
      const question = { process, epoch, generation, position, fromCommand };
      const { head, outside } = run;
      if (outside.process !== process || outside.epoch !== epoch)
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
        'page' in said
          ? { kind: 'page' as const, commands: said.page, more: said.more }
          : { kind: 'broken' as const, error: said.error };
      if (answer.kind === 'page' && !evaluations.areCommands(answer.commands))
        throw invalid('page', 'it holds something that is no command');
      await evaluations.answer(run, question, answer);
      return c.json(evaluationDocument(run), 202);
    },
  );
}

function evaluationDocument({ head, outside }: Evaluated): EvaluationDocument {
  const { generation, requestedPosition: position, commandCount, status } = head;
  return {
    status,
    over: isTerminalRun(status),
    epoch: outside.epoch,
    process: outside.process,
    question:
      outside.answerPending && status === 'running'
        ? { generation, position, fromCommand: commandCount }
        : null,
  };
}

/** The code of its components is not the logic's business, and is most of what is known of a large pipeline. */
const logicInfo = ({ info }: Run) => ({
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
function fitting<T>(items: readonly T[]): T[] {
  const page: T[] = [];
  let size = 0;
  for (const item of items) {
    size += JSON.stringify(item).length;
    if (page.length > 0 && size > LARGEST_PAGE) break;
    page.push(item);
  }
  return page;
}
