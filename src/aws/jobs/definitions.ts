/**
 * Job definitions in Batch: registered once, looked up by the name that their content gives them.
 *
 * Two controllers that register the same one at once make two equal revisions: either will do.
 *
 * @module
 */
import { type BatchClient, DescribeJobDefinitionsCommand, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import type { Definition } from './definition.ts';

export interface Definitions {
  /** The ARN of the definition, which is registered if it is not. */
  arn(definition: Definition): Promise<string>;
  /** Batch does not know it any more: it is looked up, or registered, the next time. */
  forget(definition: Definition): void;
}

export function createDefinitions(client: BatchClient): Definitions {
  const known = new Map<string, Promise<string>>();

  async function find({ name, input }: Definition): Promise<string> {
    const { jobDefinitions = [] } = await client.send(new DescribeJobDefinitionsCommand({ jobDefinitionName: name, status: 'ACTIVE', maxResults: 1 }));
    const found = jobDefinitions[0]?.jobDefinitionArn;
    if (found !== undefined) return found;
    const { jobDefinitionArn } = await client.send(new RegisterJobDefinitionCommand(input));
    if (jobDefinitionArn === undefined) throw new Error(`Batch registered ${name} and did not say under which ARN`);
    return jobDefinitionArn;
  }

  return {
    arn(definition) {
      const there = known.get(definition.name);
      if (there !== undefined) return there;
      const arn = find(definition);
      known.set(definition.name, arn);
      arn.catch(() => known.delete(definition.name));
      return arn;
    },
    forget({ name }) {
      known.delete(name);
    },
  };
}
