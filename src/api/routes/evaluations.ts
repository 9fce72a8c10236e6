/**
 * Routes of external evaluation: a process claims the evaluation of a run's logic, reads the
 * request and the history, and answers.
 *
 * 1. Every route requires the run's evaluator token, and only that (`authentication.ts`). The routes
 *    have a path prefix of their own. The token gives access to nothing else.
 * 2. No route changes the run. Claims and answers are sent to the controller, which accepts only
 *    the last process that claimed the evaluation.
 * 3. An answer is stored before the controller is notified. If the request has changed meanwhile,
 *    the controller does not find an answer under the new request.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { RunId } from '../../model/ids.ts';
import { isStepReadable, projectOf } from '../../model/object-layout.ts';
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
import { itemsWithinPage } from '../cursors.ts';
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
const fromParam = numberParam('from', { minimum: 0, maximum: 999_999_999, default: 0 }).optional();
const pageQuery = z.strictObject({ from: fromParam, limit: limitParam });

interface ExternallyEvaluatedRun extends Run {
  readonly externalEvaluator: ExternalEvaluator;
}

export function evaluationRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  getEvaluationRoute(api, ports);
  claimEvaluationRoute(api, ports);
  answerEvaluationRoute(api, ports);
  listEvaluationEventsRoute(api, ports);
  listEvaluationSignaturesRoute(api, ports);
  getEvaluationValueLinkRoute(api, ports);
}

function getEvaluationRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}',
      operationId: 'getEvaluation',
      summary: 'The current request, and the process that evaluates',
      request: { params: runParams },
      responses: {
        200: jsonResponse(evaluationSchema, 'The evaluation as it is now.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) =>
      c.json(
        evaluationDocument(await requireExternallyEvaluatedRun(ports, c.req.valid('param').run)),
        200,
      ),
  );
}

function claimEvaluationRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { evaluations, links } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/evaluations/v1/{run}/claim',
      operationId: 'claimEvaluation',
      summary: 'Claim the evaluation: no other process is accepted from then on',
      request: { params: runParams, body: jsonBody(claimEvaluationSchema, true) },
      responses: {
        202: jsonResponse(
          claimedEvaluationSchema,
          'The claim is accepted for processing; it is granted when the evaluation shows it.',
        ),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const run = await requireExternallyEvaluatedRun(ports, c.req.valid('param').run);
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
}

function answerEvaluationRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { evaluations } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/evaluations/v1/{run}/answers',
      operationId: 'answerEvaluation',
      summary: 'Answer the request that the evaluation shows',
      request: { params: runParams, body: jsonBody(evaluationAnswerSchema, true) },
      responses: {
        202: jsonResponse(
          evaluationSchema,
          'The answer is accepted for processing; the evaluation as it was before.',
        ),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const run = await requireExternallyEvaluatedRun(ports, c.req.valid('param').run);
      const body = c.req.valid('json');
      const { kind: _, process, epoch, generation, position, fromCommand, ...outcome } = body;
      const answerKey = { process, epoch, generation, position, fromCommand };
      const { head, externalEvaluator } = run;
      if (externalEvaluator.process !== process || externalEvaluator.epoch !== epoch)
        throw new ProblemError(
          409,
          `another process evaluates run ${run.info.id} now: answers of this one are no longer accepted`,
        );
      if (
        head.generation !== generation ||
        head.requestedPosition !== position ||
        head.commandCount !== fromCommand
      )
        throw new ProblemError(
          409,
          `the answer does not belong to the current evaluation request of run ${run.info.id}`,
        );
      const answer =
        'commands' in outcome
          ? { kind: 'page' as const, commands: outcome.commands, more: outcome.hasMore }
          : { kind: 'broken' as const, error: outcome.error };
      if (answer.kind === 'page' && !evaluations.areCommands(answer.commands))
        throw invalidField('commands', 'it contains an item that is not a command');
      await evaluations.answer(run, answerKey, answer);
      return c.json(evaluationDocument(run), 202);
    },
  );
}

function listEvaluationEventsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { tasks } = ports;
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
          'The events from number `from` on; empty at the end of the history.',
        ),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const { info } = await requireExternallyEvaluatedRun(ports, c.req.valid('param').run);
      const { from: first = 0, limit = DEFAULT_PAGE_ITEMS } = c.req.valid('query');
      return c.json({ items: itemsWithinPage(await tasks.events(info.id, first, limit)) }, 200);
    },
  );
}

function listEvaluationSignaturesRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { tasks } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/evaluations/v1/{run}/signatures',
      operationId: 'listEvaluationSignatures',
      summary: 'Signatures of the recorded commands, in order',
      request: { params: runParams, query: pageQuery },
      responses: {
        200: jsonResponse(
          signatureListSchema,
          'The signatures from number `from` on; empty at their end.',
        ),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const { info } = await requireExternallyEvaluatedRun(ports, c.req.valid('param').run);
      const { from: first = 0, limit = DEFAULT_PAGE_ITEMS } = c.req.valid('query');
      return c.json({ items: itemsWithinPage(await tasks.signatures(info.id, first, limit)) }, 200);
    },
  );
}

function getEvaluationValueLinkRoute(api: OpenAPIHono, ports: ApiPorts): void {
  const { links } = ports;
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
        200: jsonResponse(valueLinkSchema, 'The link.'),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
      },
    }),
    async (c) => {
      const { info } = await requireExternallyEvaluatedRun(ports, c.req.valid('param').run);
      const { key } = c.req.valid('query');
      if (!isStepReadable(projectOf(info), key))
        throw new ProblemError(403, 'key: it must be the key of a result of this project', [
          { in: 'query', field: 'key', detail: 'it must be the key of a result of this project' },
        ]);
      return c.json({ link: linkDocument(await links.read(key)) }, 200);
    },
  );
}

async function requireExternallyEvaluatedRun(
  ports: ApiPorts,
  id: RunId,
): Promise<ExternallyEvaluatedRun> {
  const run = await findRunOrThrow(ports, id);
  if (run.head.externalEvaluator === undefined)
    throw new ProblemError(409, `the engine evaluates the logic of run ${id} itself`);
  return { ...run, externalEvaluator: run.head.externalEvaluator };
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

/**
 * Without the code of components: the logic does not use it, and it is the largest part of a
 * pipeline's record.
 */
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
