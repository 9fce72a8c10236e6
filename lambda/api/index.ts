/**
 * The API's function: handles proxy events of a REST API. API Gateway has authenticated the caller.
 *
 * 1. The resource of the event decides which routes a request can reach, not its path. A request to
 *    the unauthenticated resource reaches only the routes that require a run's token, in whatever
 *    form its path is written.
 *
 * @module
 */
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { RUN_TOKEN_RESOURCE } from '../../src/aws/deployment/resource-names.ts';
import { limitResponse } from '../../src/aws/lambda/response-limit.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import { assembleApi } from './assemble.ts';

const apis = await assembleApi();
const api = handle(apis.api);
const runTokenApi = handle(apis.runTokenApi);

export const handler = async (event: LambdaEvent, context?: LambdaContext) => {
  const serve =
    'resource' in event && event.resource.startsWith(RUN_TOKEN_RESOURCE) ? runTokenApi : api;
  return limitResponse(await serve(event, context), (bytes) =>
    log.error('response too large', { bytes }),
  );
};
