/**
 * The API's function: proxy events of a REST API in, answers out. Whoever comes so far was let in by API Gateway.
 *
 * 1. By which resource a request came in decides what it can reach, not its path: what comes by the open one finds the routes that take a run's token, and
 *    no other, however its path is written.
 *
 * @module
 */
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { RUN_TOKEN_RESOURCE } from '../../src/aws/deployment/resource-names.ts';
import { initializeOnce } from '../../src/aws/lambda/initialize-once.ts';
import { assemble } from './assemble.ts';

const getHandlers = initializeOnce(async () => {
  const { api, runTokenApi } = await assemble();
  return { api: handle(api), open: handle(runTokenApi) };
});

export const handler = async (event: LambdaEvent, context?: LambdaContext) => {
  const { api, open } = await getHandlers();
  return await ('resource' in event && event.resource.startsWith(RUN_TOKEN_RESOURCE) ? open : api)(
    event,
    context,
  );
};
