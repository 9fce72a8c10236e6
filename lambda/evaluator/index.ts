/**
 * The evaluator's function: runs the logic of pipelines. It can read what it is given by URL, and nothing else.
 *
 * @module
 */

import { createEvaluationService } from '../../src/aws/evaluator/evaluation-service.ts';
import type { EvaluatorPayload, EvaluatorReply } from '../../src/aws/evaluator/protocol.ts';
import { createEvaluator } from '../../src/evaluator/index.ts';

// Of a role that may write its log and nothing else; whoever gets out of the logic's context finds not even these.
for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
  delete process.env[name];

const service = createEvaluationService((sources) => createEvaluator(sources));

/** Only the controller may invoke it: what it is asked needs no proof. */
export const handler = (question: EvaluatorPayload): Promise<EvaluatorReply> =>
  service.handle(question);
