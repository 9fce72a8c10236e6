/**
 * A stack that contains only Headrace: `cdk deploy` in the repository deploys it.
 *
 * @module
 */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { HeadraceConfig } from './config.ts';
import { Headrace } from './headrace.ts';
import { firstZones } from './network.ts';

export class HeadraceStack extends Stack {
  readonly headrace: Headrace;

  /** The network names its zones itself: the CDK need not request those of the account. */
  override get availabilityZones(): string[] {
    return firstZones(2);
  }

  /** @throws ConfigError */
  constructor(scope: Construct, id: string, config: HeadraceConfig, props: StackProps = {}) {
    super(scope, id, {
      description: 'Headrace: machine-learning pipelines from plain TypeScript',
      ...props,
    });
    this.headrace = new Headrace(this, 'Headrace', config);
    const { api, transitions, console } = this.headrace;
    new CfnOutput(this, 'Endpoint', {
      value: api.rest.url,
      description: 'The API: headrace --endpoint',
    });
    new CfnOutput(this, 'BusName', {
      value: transitions.bus.eventBusName,
      description: 'Status changes of runs, for rules of your own',
    });
    if (console !== undefined)
      new CfnOutput(this, 'Console', {
        value: console.url,
        description: 'The web console',
      });
  }
}
