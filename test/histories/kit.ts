/**
 * A version of Headrace, as far as it moves runs: the controller with its records in DynamoDB, the
 * evaluator's host, and messages. The golden histories of a release hold it as one bundle, so that
 * later versions can take turns with it.
 *
 * @module
 */

export { open, seal } from '../../src/aws/messages/envelope.ts';
export { createDynamoCache } from '../../src/aws/storage/step-cache.ts';
export { createDynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
export { createController } from '../../src/controller/controller.ts';
export { newHead } from '../../src/controller/run/run-head.ts';
export { createJobTokens } from '../../src/engine/job-tokens.ts';
export { createEvaluator } from '../../src/evaluator/index.ts';
export { readCommands } from '../../src/evaluator/read-commands.ts';
export { createEvaluationControl } from '../../src/external-evaluation/evaluation-control.ts';
export { createExternalEvaluator } from '../../src/external-evaluation/external-evaluator.ts';
export { ObjectMissingError } from '../../src/ports/objects.ts';
