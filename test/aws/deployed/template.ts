/**
 * The synthesized template as an emulator's CloudFormation takes it: the resources of AWS Batch
 * taken out, what refers to them told of those of the Batch emulator, and the functions told where
 * that is. All else stays as it was synthesized.
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

/** A queue of the template, with what the emulator needs to make one like it. */
export interface SynthesizedQueue {
  readonly name: string;
  readonly priority: number;
  /** Id of the compute environment in the template: two queues may share one. */
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

const isBatch = ({ Type }: Resource): boolean => Type.startsWith('AWS::Batch::');

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
      const placed = {
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
        computeResources: InstanceTypes === undefined ? placed : { ...placed, ...machines },
      };
    });
}

/**
 * The address of the API as the emulator serves it, where the template has the one in AWS.
 *
 * @param emulator its own address
 */
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
 * @param environment variables that every function gets beside its own
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
  const kept = Object.entries(template.Resources).filter(([, resource]) => !isBatch(resource));
  return templateSchema.parse({
    ...template,
    Resources: Object.fromEntries(
      kept.map(([id, resource]) => [id, told(resource, environment, replaced)]),
    ),
  });
}

const functionSchema = z.looseObject({
  Environment: z.looseObject({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});

function told(
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
const nameSchema = z.looseObject({ FunctionName: z.string() });

/**
 * The rules that tell functions of jobs, of a template whose references to queues are ARNs already.
 */
export function jobRulesOf({ Resources }: Template): readonly {
  readonly id: string;
  readonly pattern: EventPattern;
  readonly functionName: string;
}[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    if (Type !== 'AWS::Events::Rule' || Properties.EventPattern === undefined) return [];
    const { EventPattern: pattern, Targets } = ruleSchema.parse(Properties);
    return Targets.map(({ Arn }) => ({
      id,
      pattern,
      functionName: nameSchema.parse(Resources[Arn['Fn::GetAtt'][0]]?.Properties).FunctionName,
    }));
  });
}
