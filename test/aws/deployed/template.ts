/**
 * Adapts the synthesized template to an emulator's CloudFormation: removes the resources of AWS
 * Batch, replaces references to them by those of the Batch emulator, and adds its URL to the
 * functions. Everything else stays as synthesized.
 *
 * @module
 */
import { z } from 'zod';
import { type EventPattern, eventPatternSchema } from '../../../testing/batch/pattern.ts';

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const templateSchema = z.looseObject({ Resources: z.record(z.string(), resourceSchema) });
export type Template = z.infer<typeof templateSchema>;
type Resource = z.infer<typeof resourceSchema>;

const queueSchema = z.looseObject({ JobQueueName: z.string(), Priority: z.number() });
const environmentSchema = z.looseObject({
  ComputeResources: z.looseObject({
    Type: z.enum(['EC2', 'SPOT', 'FARGATE', 'FARGATE_SPOT']),
    MaxvCpus: z.number(),
    InstanceTypes: z.array(z.string()).optional(),
  }),
});
const orderSchema = z.looseObject({
  ComputeEnvironmentOrder: z.tuple([
    z.looseObject({ ComputeEnvironment: z.looseObject({ Ref: z.string() }) }),
  ]),
});

/** A queue of the template, with the data to create one like it in the emulator. */
export interface SynthesizedQueue {
  readonly name: string;
  readonly priority: number;
  /** Id of the compute environment in the template. Two queues may share one. */
  readonly environment: string;
  readonly computeResources: {
    readonly type: 'EC2' | 'SPOT' | 'FARGATE' | 'FARGATE_SPOT';
    readonly maxvCpus: number;
    readonly instanceTypes?: string[];
    readonly subnets: string[];
    readonly securityGroupIds: string[];
    readonly instanceRole?: string;
  };
}

export const parseTemplate = (text: string): Template => templateSchema.parse(JSON.parse(text));

/** The emulators have neither AWS Batch nor alarms on an expression of metrics. */
const isEmulated = ({ Type, Properties }: Resource): boolean =>
  !Type.startsWith('AWS::Batch::') &&
  !(Type === 'AWS::CloudWatch::Alarm' && 'Metrics' in Properties);

export function queuesOf({ Resources }: Template): readonly SynthesizedQueue[] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Batch::JobQueue')
    .map(({ Properties }) => {
      const { JobQueueName: name, Priority: priority } = queueSchema.parse(Properties);
      const environment =
        orderSchema.parse(Properties).ComputeEnvironmentOrder[0].ComputeEnvironment.Ref;
      const {
        Type: type,
        MaxvCpus: maxvCpus,
        InstanceTypes,
      } = environmentSchema.parse(Resources[environment]?.Properties).ComputeResources;
      const common = {
        type,
        maxvCpus,
        subnets: ['subnet-0123456789abcdef0'],
        securityGroupIds: ['sg-0123456789abcdef0'],
      };
      const machines = {
        instanceTypes: InstanceTypes ?? [],
        instanceRole: 'arn:aws:iam::000000000000:instance-profile/machines',
      };
      return {
        name,
        priority,
        environment,
        computeResources: InstanceTypes === undefined ? common : { ...common, ...machines },
      };
    });
}

/** Replaces the API's URL in AWS by its URL in the emulator. @param emulator the emulator's URL */
export function withApiAt(template: Template, emulator: string): Template {
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    const url = urlSchema.safeParse(value).data?.['Fn::Join'][1];
    if (url !== undefined)
      return {
        'Fn::Join': ['', [`${emulator}/restapis/`, url[1], '/', url.at(-2), '/_user_request_']],
      };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]));
  };
  const functions = Object.entries(template.Resources).map(([id, resource]) => [
    id,
    resource.Type === 'AWS::Lambda::Function' ? replaced(resource) : resource,
  ]);
  return templateSchema.parse({ ...template, Resources: Object.fromEntries(functions) });
}

/** `https://<api>.execute-api.<region>.<suffix>/<stage>/` */
const urlSchema = z.strictObject({
  'Fn::Join': z.tuple([
    z.literal(''),
    z
      .tuple([
        z.literal('https://'),
        z.strictObject({ Ref: z.string() }),
        z.string().startsWith('.execute-api.'),
      ])
      .rest(z.unknown()),
  ]),
});

/**
 * @param arnOf ARN of the emulator's queue, by the queue's name
 * @param environment variables that every function has in addition to its own
 */
export function withoutBatch(
  template: Template,
  arnOf: (queue: string) => string,
  environment: Readonly<Record<string, string>>,
): Template {
  const arns = new Map<string, string>();
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (resource.Type === 'AWS::Batch::JobQueue')
      arns.set(id, arnOf(queueSchema.parse(resource.Properties).JobQueueName));
  }
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    const target =
      'Ref' in value
        ? value.Ref
        : 'Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])
          ? value['Fn::GetAtt'][0]
          : undefined;
    const arn = typeof target === 'string' ? arns.get(target) : undefined;
    return (
      arn ?? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]))
    );
  };
  const remaining = Object.entries(template.Resources).filter(([, resource]) =>
    isEmulated(resource),
  );
  return templateSchema.parse({
    ...template,
    Resources: Object.fromEntries(
      remaining.map(([id, resource]) => [id, adaptResource(resource, environment, replaced)]),
    ),
  });
}

const functionSchema = z.looseObject({
  Environment: z.looseObject({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});

function adaptResource(
  resource: Resource,
  environment: Readonly<Record<string, string>>,
  replaced: (value: unknown) => unknown,
): unknown {
  if (resource.Type !== 'AWS::Lambda::Function') return replaced(resource);
  const properties = functionSchema.parse(resource.Properties);
  const Environment = { Variables: { ...properties.Environment?.Variables, ...environment } };
  return replaced({ ...resource, Properties: { ...properties, Environment } });
}

const ruleSchema = z.looseObject({
  EventPattern: eventPatternSchema,
  Targets: z.array(
    z.looseObject({
      Arn: z.looseObject({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
    }),
  ),
});

/**
 * The rules that send events of jobs to a queue. References to job queues must already be ARNs.
 * `queue` is the id of the queue in the template.
 */
export function jobRulesOf({ Resources }: Template): readonly {
  readonly id: string;
  readonly pattern: EventPattern;
  readonly queue: string;
}[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    if (Type !== 'AWS::Events::Rule' || Properties.EventPattern === undefined) return [];
    const { EventPattern: pattern, Targets } = ruleSchema.parse(Properties);
    return Targets.map(({ Arn }) => ({ id, pattern, queue: Arn['Fn::GetAtt'][0] }));
  });
}
