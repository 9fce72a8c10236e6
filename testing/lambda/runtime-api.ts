/**
 * The Runtime API for the process of an environment.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Environment } from './environment.ts';

/** @param path below the environment's address: `2018-06-01/runtime/…` */
export function answerRuntime(
  environment: Environment | undefined,
  path: string,
  body: string,
  response: ServerResponse,
): void {
  const answer = (status: number, type: string) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: type }));
  };
  const [, , what, requestId = '', kind] = path.split('/');
  if (environment === undefined) return answer(403, 'no such environment');
  if (what === 'init') {
    environment.onInitError(body);
    return answer(202, 'OK');
  }
  if (requestId === 'next') return environment.onNext(response);
  if (kind !== 'response' && kind !== 'error') return answer(404, 'no such call');
  const accepted = environment.onAnswer(requestId, kind === 'response' ? 'success' : 'error', body);
  return accepted ? answer(202, 'OK') : answer(400, 'InvalidRequestID');
}
