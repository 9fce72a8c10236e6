/**
 * The evaluator's function: runs the logic of pipelines. This is code of users, so its role may
 * write its log and do nothing else.
 *
 * With tenant isolation an instance serves one project in its whole lifetime. Lambda accepts this
 * option only when the function is created. The function therefore has no fixed name: CloudFormation
 * replaces it when the option changes.
 *
 * @module
 */
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { EVALUATOR_TIMEOUT_SECONDS } from '../src/aws/deployment/function-limits.ts';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';

export class EvaluatorFunction extends Construct {
  readonly function: HeadraceFunction;

  constructor(scope: Construct, id: string, config: Configuration) {
    super(scope, id);
    this.function = new HeadraceFunction(this, 'Evaluator', config, {
      name: 'evaluator',
      fixedName: false,
      description: 'evaluates the logic of pipelines',
      timeout: Duration.seconds(EVALUATOR_TIMEOUT_SECONDS),
      memoryMiB: 1024,
      tenantIsolation: config.evaluatorIsolation === 'tenant',
    });
  }
}
