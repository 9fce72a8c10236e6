/**
 * Rules of CloudFormation that the emulator does not have, for one name of a stack in one account.
 *
 * 1. An update that must replace a resource with a name of its own is rolled back, AWS Batch's
 *    resources included, which the emulator does not have (`test/support/replacements.ts`).
 * 2. A resource with a name of its own cannot be created while one with this name remains from an
 *    earlier stack: "already exists". `Retain` keeps a resource also when its creation is rolled
 *    back, `RetainExceptOnCreate` does not. Source: the guide of CloudFormation, DeletionPolicy
 *    attribute.
 * 3. Each stack generates other names. The emulator's names follow from the stack's name, so that a
 *    new stack would silently take over the data of an old one. Source: the guide of CloudFormation,
 *    Name type.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { replacedBy } from '../../support/replacements.ts';
import { parseTemplate, type Template } from './template.ts';

type Resource = Template['Resources'][string];

/** The property that names a resource with data, by type (rule 3). The emulator names buckets. */
const NAME_OF: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::SQS::Queue': 'QueueName',
};

export class CloudFormationRules {
  readonly #stack: string;
  #deployed: Template | undefined;
  #suffix = '';
  readonly #taken = new Set<string>();

  constructor(stack: string) {
    this.#stack = stack;
  }

  /**
   * Applies the rules to an operation that deploys the template.
   *
   * @returns the template as the emulator needs it, and the ids of replaced resources
   * @throws Error with CloudFormation's reason, if AWS would refuse the operation
   */
  prepare(template: Template): {
    readonly template: Template;
    readonly replaced: readonly string[];
  } {
    const before = this.#deployed?.Resources ?? {};
    const replaced = replacedBy(before, template.Resources);
    const refusals = [
      ...replaced.flatMap(({ id, customName, properties }) =>
        customName === undefined
          ? []
          : [
              `${id}: CloudFormation cannot update a stack when a custom-named resource requires replacing (${properties}). Rename ${customName}`,
            ],
      ),
      ...Object.entries(template.Resources).flatMap(([id, resource]) => {
        const name = id in before ? undefined : nameIn(resource);
        return name !== undefined && this.#taken.has(name) ? [`${id}: ${name} already exists`] : [];
      }),
    ];
    if (refusals.length > 0) throw new Error(refusals.join('\n'));
    if (this.#deployed === undefined) this.#suffix = randomUUID().slice(0, 8);
    return {
      template: this.#named(template),
      replaced: replaced.map(({ id }) => id),
    };
  }

  deployed(template: Template): void {
    this.#deployed = template;
  }

  /** A creation failed: the stack and what it created are removed (rule 2). */
  rolledBack(template: Template): void {
    this.#retain(template, ['Retain']);
  }

  destroyed(): void {
    if (this.#deployed !== undefined)
      this.#retain(this.#deployed, ['Retain', 'RetainExceptOnCreate']);
    this.#deployed = undefined;
  }

  #retain({ Resources }: Template, policies: readonly unknown[]): void {
    for (const resource of Object.values(Resources)) {
      const name = nameIn(resource);
      if (name !== undefined && policies.includes(resource.DeletionPolicy)) this.#taken.add(name);
    }
  }

  #named(template: Template): Template {
    const named = ([id, resource]: [string, Resource]): [string, Resource] => {
      const property = NAME_OF[resource.Type];
      return property === undefined || property in resource.Properties
        ? [id, resource]
        : [
            id,
            {
              ...resource,
              Properties: {
                ...resource.Properties,
                [property]: `${this.#stack}-${id}-${this.#suffix}${resource.Properties.FifoQueue === true ? '.fifo' : ''}`,
              },
            },
          ];
    };
    return parseTemplate(
      JSON.stringify({
        ...template,
        Resources: Object.fromEntries(Object.entries(template.Resources).map(named)),
      }),
    );
  }
}

/** The name that a template gives to a resource with data, with its type. */
function nameIn({ Type, Properties }: Resource): string | undefined {
  const property = NAME_OF[Type];
  const name = property === undefined ? undefined : Properties[property];
  return typeof name === 'string' ? `${Type} ${name}` : undefined;
}
