/**
 * Job definitions in Batch: registered once, looked up by the name that their content gives them.
 *
 * Two controllers that register the same one at once make two equal revisions: either will do.
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
  /** The ARN of the definition, which is registered if it is not. */
  arn(definition: StepJobDefinition): Promise<string>;
  /** Batch does not know it any more: it is looked up, or registered, the next time. */
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
    if (jobDefinitionArn === undefined)
      throw new Error(`Batch registered ${name} and did not say under which ARN`);
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
