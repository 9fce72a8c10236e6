/**
 * The API's function: proxy events of a REST API in, answers out. Whoever comes so far was let in by API Gateway.
 *
 * @module
 */
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { once } from '../../src/aws/once.ts';
import { assemble } from './assemble.ts';

const assembled = once(async () => handle(await assemble()));

export const handler = async (event: LambdaEvent, context?: LambdaContext) => await (await assembled())(event, context);
