/**
 * The kit of a version: the parts of Headrace that run pipelines. These are the controller with its
 * records in DynamoDB, the evaluator, and messages. The golden histories of a release contain its
 * kit as one bundle, so that a later version can alternate with it.
 *
 * @module
 */

export { open, seal } from '../../src/aws/messages/envelope.ts';
export { createDynamoLimits } from '../../src/aws/storage/concurrency-limits.ts';
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
