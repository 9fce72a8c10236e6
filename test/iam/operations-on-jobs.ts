/**
 * Operations of AWS Batch on jobs and their definitions.
 *
 * @module
 */
import { z } from 'zod';
import { type AccountLocation, arn, json, passed, type Reader, unsupported } from './operation.ts';
import type { AccessCheck } from './policy.ts';

/** The names that Batch may present: AWS does not document which one. A role needs both. */
const BATCH_PASSES_TO = ['ecs-tasks.amazonaws.com', 'batch.amazonaws.com'];

const roles = {
  jobRoleArn: z.string().optional(),
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
};
const definitionSchema = z.looseObject({
  jobDefinitionName: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
  containerProperties: z.looseObject(roles).optional(),
  ecsProperties: z.looseObject({ taskProperties: z.array(z.looseObject(roles)) }).optional(),
});
const submissionSchema = z.looseObject({
  jobDefinition: z.string(),
  jobQueue: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
});
const ANY = [
  'DescribeComputeEnvironments',
  'DescribeJobDefinitions',
  'DescribeJobQueues',
  'DescribeJobs',
  'ListJobs',
];

export const batch: Reader = (request, location) => {
  const path = request.url.replace(/^\/v1\//, '').split('?')[0] ?? '';
  const operation = path.startsWith('tags/')
    ? 'TagResource'
    : ([...ANY, 'RegisterJobDefinition', 'SubmitJob', 'TerminateJob', 'CancelJob'].find(
        (name) => name.toLowerCase() === path,
      ) ?? unsupported('batch', path));
  if (operation === 'TagResource')
    return {
      name: operation,
      checks: [
        { action: 'batch:TagResource', resource: decodeURIComponent(path.replace(/^tags\//, '')) },
      ],
    };
  const action = `batch:${operation}`;
  if (ANY.includes(operation)) return { name: operation, checks: [{ action, resource: '*' }] };
  if (operation === 'RegisterJobDefinition')
    return {
      name: operation,
      checks: registration(definitionSchema.parse(json(request)), location),
    };
  if (operation === 'SubmitJob') {
    const { jobDefinition, jobQueue, tags } = submissionSchema.parse(json(request));
    // The job has no ARN yet: its tags are authorized for its definition and its queue.
    const actions = Object.keys(tags).length > 0 ? [action, 'batch:TagResource'] : [action];
    return {
      name: operation,
      checks: actions.flatMap((each) =>
        [jobDefinition, jobQueue].map((resource) => ({ action: each, resource })),
      ),
    };
  }
  const { jobId } = z.looseObject({ jobId: z.string() }).parse(json(request));
  return {
    name: operation,
    checks: [
      {
        action,
        resource: arn(location, 'batch', `job/${jobId}`),
        context: Object.fromEntries(
          Object.entries(location.jobTags(jobId)).map(([tag, value]) => [
            `aws:ResourceTag/${tag}`,
            value,
          ]),
        ),
      },
    ],
  };
};

function registration(
  { jobDefinitionName, tags, containerProperties, ecsProperties }: z.infer<typeof definitionSchema>,
  location: AccountLocation,
): AccessCheck[] {
  const resource = arn(location, 'batch', `job-definition/${jobDefinitionName}`);
  const holders = [containerProperties ?? {}, ...(ecsProperties?.taskProperties ?? [])];
  const passedRoles = new Set(
    holders.flatMap(({ jobRoleArn, taskRoleArn, executionRoleArn }) => [
      jobRoleArn,
      taskRoleArn,
      executionRoleArn,
    ]),
  );
  return [
    { action: 'batch:RegisterJobDefinition', resource },
    ...(Object.keys(tags).length > 0 ? [{ action: 'batch:TagResource', resource }] : []),
    ...[...passedRoles].flatMap((role) =>
      role === undefined ? [] : BATCH_PASSES_TO.map((service) => passed(role, service)),
    ),
  ];
}
