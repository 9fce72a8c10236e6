/**
 * A stack with Headrace and nothing else: what `cdk deploy` sets up in the repository.
 *
 * @module
 */
import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { HeadraceConfig } from './config.ts';
import { Headrace } from './headrace.ts';

export class HeadraceStack extends Stack {
  readonly headrace: Headrace;

  /** @throws ConfigError */
  constructor(scope: Construct, id: string, config: HeadraceConfig, props: StackProps = {}) {
    super(scope, id, { description: 'Headrace: machine-learning pipelines from plain TypeScript', ...props });
    this.headrace = new Headrace(this, 'Headrace', config);
  }
}
