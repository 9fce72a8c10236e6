/**
 * Lambda's `Invoke` in the simulated deployment, with the limits of its payloads.
 *
 * @module
 */
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from '../../../../testing/lambda/invocation.ts';
import { type Answer, failed, json } from '../services/answer.ts';
import type { FunctionName, Instances } from './instances.ts';

export async function invokeFunction(
  instances: Instances,
  name: FunctionName,
  body: Buffer,
): Promise<Answer> {
  if (body.length > MAX_REQUEST_BYTES)
    return failed('lambda', 413, 'RequestTooLargeException', `it has ${body.length} bytes`);
  const result = await instances.invoke(name, JSON.parse(body.toString()));
  if (result === undefined)
    return functionError(
      'Runtime.ExitError',
      'RequestId: 0 Error: Runtime exited with error: signal: killed',
    );
  if (!result.ok) return functionError('Runtime.ExitError', result.error);
  const answer = json(result.value);
  return answer.body.length > MAX_RESPONSE_BYTES
    ? functionError('Function.ResponseSizeTooLarge', `it has ${answer.body.length} bytes`)
    : answer;
}

const functionError = (errorType: string, errorMessage: string): Answer =>
  json({ errorType, errorMessage }, 200, { 'x-amz-function-error': 'Unhandled' });
