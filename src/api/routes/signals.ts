/**
 * The route that sends a signal to a run.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { MAX_RUN_SIGNALS, MAX_SIGNAL_VALUE_BYTES } from '../../model/limits.ts';
import { isTerminalRun } from '../../model/run.ts';
import { hasReceived } from '../../model/signal-ids.ts';
import { signalNameSchema } from '../../model/transition.ts';
import { runSchema, sendSignalSchema } from '../../wire/runs.ts';
import { runDocument } from '../documents.ts';
import { claimCreatedId } from '../idempotent-creates.ts';
import type { ApiPorts } from '../ports.ts';
import { invalidField, ProblemError } from '../problems.ts';
import {
  bodyProblems,
  commonProblems,
  conflictProblem,
  idempotencyHeaders,
  jsonBody,
  jsonResponse,
  notFoundProblem,
  runParams,
} from '../route-schemas.ts';
import { findRunOrThrow } from './lookups.ts';

const signalParams = runParams.extend({
  name: signalNameSchema.meta({ description: 'The name of a signal, as in waitForSignal.' }),
});

export function signalRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { runs, links } = ports;
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/runs/{run}/signals/{name}',
      operationId: 'sendSignal',
      summary: 'Send a signal to a run, whose logic receives it with waitForSignal',
      request: {
        params: signalParams,
        headers: idempotencyHeaders,
        body: jsonBody(sendSignalSchema, false),
      },
      responses: {
        202: jsonResponse(
          runSchema,
          'The signal is accepted for processing; the run as it was before.',
        ),
        ...commonProblems,
        ...notFoundProblem,
        ...conflictProblem,
        ...bodyProblems,
      },
    }),
    async (c) => {
      const { run: id, name } = c.req.valid('param');
      const run = await findRunOrThrow(ports, id);
      const body = sendSignalSchema.parse(c.req.valid('json'));
      const value = JSON.stringify(body.value);
      const bytes = Buffer.byteLength(value);
      if (bytes > MAX_SIGNAL_VALUE_BYTES)
        throw invalidField(
          'value',
          `it has ${bytes} bytes as JSON, and a signal has ${MAX_SIGNAL_VALUE_BYTES} at the most`,
        );
      const { status, signals } = run.head;
      if (isTerminalRun(status) || status === 'aborting')
        throw new ProblemError(409, `run ${id} is ${status}: it receives no signals`);
      const { 'idempotency-key': key } = c.req.valid('header');
      const signal = await claimCreatedId(
        ports.idempotencyKeys,
        key,
        `signals ${name} of ${id}`,
        body,
        runs.newId(),
      );
      // A repeated request is answered as the first one was.
      if ((signals?.received.length ?? 0) >= MAX_RUN_SIGNALS && !hasReceived(run.head, signal))
        throw new ProblemError(
          409,
          `run ${id} has received ${MAX_RUN_SIGNALS} signals, and accepts no more`,
        );
      await runs.signal(run, { id: signal, name, value });
      return c.json(await runDocument(run, links), 202);
    },
  );
}
