/**
 * Job definitions in Batch, registered once and found by the name that their content
 * determines.
 *
 * Two controllers that register the same definition at the same time make two equal revisions. Both
 * are valid.
 *
 * @module
 */
import {
  type BatchClient,
  DescribeJobDefinitionsCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch';
import type { StepJobDefinition } from './job-definition.ts';

export interface DefinitionRegistry {
  /** The ARN of the definition. Registers the definition if it is missing. */
  arn(definition: StepJobDefinition): Promise<string>;
  /** Batch no longer knows the definition: the next `arn` finds or registers it again. */
  forget(definition: StepJobDefinition): void;
}

export function createDefinitionRegistry(client: BatchClient): DefinitionRegistry {
  const arns = new Map<string, Promise<string>>();

  async function find({ name, input }: StepJobDefinition): Promise<string> {
    const { jobDefinitions = [] } = await client.send(
      new DescribeJobDefinitionsCommand({
        jobDefinitionName: name,
        status: 'ACTIVE',
        maxResults: 1,
      }),
    );
    const found = jobDefinitions[0]?.jobDefinitionArn;
    if (found !== undefined) return found;
    const { jobDefinitionArn } = await client.send(new RegisterJobDefinitionCommand(input));
    if (jobDefinitionArn === undefined) throw new Error(`Batch registered ${name} without an ARN`);
    return jobDefinitionArn;
  }

  return {
    arn(definition) {
      const cached = arns.get(definition.name);
      if (cached !== undefined) return cached;
      const arn = find(definition);
      arns.set(definition.name, arn);
      arn.catch(() => arns.delete(definition.name));
      return arn;
    },
    forget({ name }) {
      arns.delete(name);
    },
  };
}
