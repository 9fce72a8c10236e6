/**
 * The evaluator's function: evaluates the logic of pipelines. It reads objects by URLs from its
 * payload, and has no other access to data.
 *
 * @module
 */

import { createEvaluationService } from '../../src/aws/evaluator/evaluation-service.ts';
import type { EvaluatorPayload, EvaluatorReply } from '../../src/aws/evaluator/protocol.ts';
import { createEvaluator } from '../../src/evaluator/index.ts';

// The function's role may only write its log. No library of this process needs its credentials, so
// none can use them by mistake. They are not hidden from code that leaves the logic's context: the
// file /proc/self/environ still has them.
for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
  delete process.env[name];

const service = createEvaluationService((sources) => createEvaluator(sources));

/** The payload needs no proof of its sender: only the controller may invoke the function. */
export const handler = (payload: EvaluatorPayload): Promise<EvaluatorReply> =>
  service.handle(payload);
