/**
 * The permissions of every role, action by action. A new permission must be listed here, too.
 *
 * @module
 */
import { Validations } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HeadraceConfig } from '../../lib/config.ts';
import { grant } from '../../lib/grant.ts';
import { newStack, type Statement, statementsByRole, templateOf } from './synthesized.ts';

/** Images of AWS for PyTorch, in an account of AWS. */
const LEARNING_CONTAINERS = 'arn:aws:ecr:eu-west-1:763104351884:repository/pytorch-*';

const CONFIG: HeadraceConfig = {
  queues: {
    default: { type: 'fargate' },
    gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true },
  },
  projects: { 'team/forecasts': { secrets: ['forecasts/key'] }, other: {} },
  imageRepositories: [LEARNING_CONTAINERS],
};

let roles: ReadonlyMap<string, readonly Statement[]>;
let template: Template;

beforeAll(() => {
  template = templateOf(CONFIG);
  roles = statementsByRole(template);
});

/** `action on resource`, with `if` and the condition on tags, sorted. */
const lines = (role: string, effect: Statement['Effect'] = 'Allow'): readonly string[] =>
  (roles.get(role) ?? [])
    .filter(({ Effect }) => Effect === effect)
    .flatMap(({ Action, Resource, Condition }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => `${action} on ${resource}${tagCondition(Condition)}`),
      ),
    )
    .sort();

function tagCondition(condition: Statement['Condition']): string {
  const text = condition === undefined ? '' : JSON.stringify(condition);
  return text.includes('aws:ResourceTag/') ? ` if ${text}` : '';
}

const REGION = '${AWS::Partition}:%:${AWS::Region}:${AWS::AccountId}';
const arn = (service: string, resource: string) =>
  `arn:${REGION.replace('%', service)}:${resource}`;
const TASKS = '${StorageTasks.Arn}';
const CACHE = '${StorageCache.Arn}';
const BUCKET = '${StorageBucket.Arn}';
const FIFO = '${TransitionsQueue.Arn}';
const DELAYS = '${TransitionsDelays.Arn}';
const JOB_EVENTS = '${TransitionsJobEvents.Arn}';
const FIRINGS = '${TransitionsFirings.Arn}';
const UNDELIVERED = '${TransitionsUndelivered.Arn}';
const SECRET = '${StorageTokens}';

const each = (actions: readonly string[], ...resources: readonly string[]) =>
  actions.flatMap((action) => resources.map((resource) => `${action} on ${resource}`));
const logs = (logGroup: string) =>
  each(['logs:CreateLogStream', 'logs:PutLogEvents'], `\${${logGroup}.Arn}`);
const pulls = (...repositories: readonly string[]) =>
  each(
    ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    ...repositories,
  );
const READ = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const WRITE = ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const CONSUME = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const LIST_JOBS = ['batch:DescribeJobQueues', 'batch:ListJobs'];
const SCHEDULES = arn('scheduler', 'schedule/headrace-Headrace-Transitions-Schedules-1A04D2FF/*');
const records = [
  ...each([...READ, ...WRITE], TASKS, CACHE),
  ...each(['s3:GetObject', 's3:PutObject'], `${BUCKET}/*`),
  `s3:ListBucket on ${BUCKET}`,
  `secretsmanager:GetSecretValue on ${SECRET}`,
];
/** A star in a policy matches slashes, too: what no step may do is denied as well. */
const NEVER = [
  `s3:GetObject on ${BUCKET}/?/*/history/*`,
  ...each(
    ['s3:AbortMultipartUpload', 's3:PutObject'],
    `${BUCKET}/?/*/spec/*`,
    `${BUCKET}/?/*/history/*`,
  ),
].sort();
/** Permissions to set and remove timers of schedules. */
const scheduleTimers = [
  ...each(
    ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:UpdateSchedule'],
    arn('scheduler', 'schedule/headrace-Headrace-ScheduleTimers-Group-FF0B085F/*'),
  ),
  'iam:PassRole on ${ScheduleTimersRole.Arn}',
];
const timers = [
  `sqs:SendMessage on ${DELAYS}`,
  `scheduler:CreateSchedule on ${SCHEDULES}`,
  'iam:PassRole on ${TransitionsScheduleRole.Arn}',
];

describe('the roles', () => {
  it("the evaluator's role, under which code of users runs, may write its log only", () => {
    expect(lines('EvaluatorRole')).toEqual(logs('EvaluatorLogs').sort());
  });

  it('the controller may commit runs, launch jobs and set timers', () => {
    const definition = arn('batch', `job-definition/headrace-${'?'.repeat(32)}`);
    const definitions = [definition, `${definition}:*`];
    const stepRoles = [
      '${ProjectsStepdefault.Arn}',
      '${ProjectsStepteamforecasts.Arn}',
      '${ProjectsStepother.Arn}',
      '${ProjectsExecution.Arn}',
    ];
    expect(lines('ControllerRole')).toEqual(
      [
        ...logs('ControllerLogs'),
        ...records,
        ...timers,
        ...each([...CONSUME, 'sqs:ChangeMessageVisibility', 'sqs:SendMessage'], FIFO),
        'lambda:InvokeFunction on ${EvaluatorFunction.Arn}',
        'events:PutEvents on ${TransitionsBus.Arn}',
        ...each(['batch:RegisterJobDefinition'], ...definitions),
        ...each(
          ['batch:SubmitJob', 'batch:TagResource'],
          ...definitions,
          '${QueuesQueuedefault.JobQueueArn}',
          '${QueuesQueuegpu.JobQueueArn}',
        ),
        `batch:TerminateJob on ${arn('batch', 'job/*')} if {"StringEquals":{"aws:ResourceTag/headrace:deployment":"headrace"}}`,
        `batch:TerminateJob on ${arn('batch', 'job/*:*')}`,
        ...each(['batch:DescribeJobDefinitions', 'batch:DescribeJobs', ...LIST_JOBS], '*'),
        ...each(['iam:PassRole'], ...stepRoles),
      ].sort(),
    );
  });

  it('the router may read records and send transitions', () => {
    expect(lines('RouterRole')).toEqual(
      [
        ...logs('RouterLogs'),
        ...each(READ, TASKS),
        `secretsmanager:GetSecretValue on ${SECRET}`,
        `sqs:SendMessage on ${FIFO}`,
        ...each([...CONSUME, 'sqs:SendMessage'], DELAYS),
        ...each(CONSUME, JOB_EVENTS),
      ].sort(),
    );
  });

  it('the sweeper may list live runs and send transitions', () => {
    expect(lines('SweeperRole')).toEqual(
      [
        ...logs('SweeperLogs'),
        ...each(['dynamodb:GetItem', 'dynamodb:Query'], TASKS),
        `dynamodb:Query on ${TASKS}/index/liveRuns`,
        `secretsmanager:GetSecretValue on ${SECRET}`,
        `sqs:SendMessage on ${FIFO}`,
        `sqs:SendMessage on ${UNDELIVERED}`,
      ].sort(),
    );
  });

  it('the function of schedules may create and read runs, and set timers', () => {
    expect(lines('SchedulesRole')).toEqual(
      [
        ...logs('SchedulesLogs'),
        ...each([...READ, 'dynamodb:PutItem', 'dynamodb:UpdateItem'], TASKS),
        ...each(['dynamodb:Query'], `${TASKS}/index/runs`, `${TASKS}/index/projectRuns`),
        `secretsmanager:GetSecretValue on ${SECRET}`,
        ...each(['sqs:SendMessage'], FIFO, DELAYS),
        ...each(CONSUME, FIRINGS),
        ...scheduleTimers,
      ].sort(),
    );
  });

  it('timers of schedules may send to the queue of firings and to the queue of undelivered messages', () => {
    expect(lines('ScheduleTimersRole')).toEqual([
      `sqs:SendMessage on ${FIRINGS}`,
      `sqs:SendMessage on ${UNDELIVERED}`,
    ]);
  });

  it('the API may read and list records and jobs, send transitions, set timers, and remove objects of runs', () => {
    expect(lines('ApiRole')).toEqual(
      [
        ...logs('ApiLogs'),
        ...scheduleTimers,
        ...records,
        `sqs:SendMessage on ${DELAYS}`,
        `sqs:SendMessage on ${FIFO}`,
        ...each(['dynamodb:Query'], `${TASKS}/index/*`, `${CACHE}/index/*`),
        `s3:DeleteObject on ${BUCKET}/?/*`,
        'logs:GetLogEvents on ${ProjectsLogs.Arn}',
        ...each(['batch:DescribeComputeEnvironments', ...LIST_JOBS], '*'),
      ].sort(),
    );
  });

  it('schedules may send to the queue of delays and to the queue of undelivered messages', () => {
    expect(lines('TransitionsScheduleRole')).toEqual([
      `sqs:SendMessage on ${DELAYS}`,
      `sqs:SendMessage on ${UNDELIVERED}`,
    ]);
  });

  it('a step of a declared project may use its own data, read its specs and code, and send transitions', () => {
    const folder = `${BUCKET}/p/team%2Fforecasts`;
    const data = `${BUCKET}/?/team%2Fforecasts/data/*`;
    expect(lines('ProjectsStepteamforecasts')).toEqual(
      [
        ...each(['s3:GetObject'], `${BUCKET}/code/*`, data, `${folder}/spec/*`),
        ...each(['s3:AbortMultipartUpload', 's3:PutObject'], data),
        `secretsmanager:GetSecretValue on ${arn('secretsmanager', 'secret:forecasts/key-??????')}`,
        `sqs:SendMessage on ${FIFO}`,
      ].sort(),
    );
    expect(lines('ProjectsStepteamforecasts', 'Deny')).toEqual(NEVER);
  });

  it('steps of all other projects share a role that denies access to the declared ones', () => {
    expect(lines('ProjectsStepdefault')).toEqual(
      [
        ...each(
          ['s3:GetObject'],
          `${BUCKET}/code/*`,
          `${BUCKET}/?/*/data/*`,
          `${BUCKET}/p/*/spec/*`,
        ),
        ...each(['s3:AbortMultipartUpload', 's3:PutObject'], `${BUCKET}/?/*/data/*`),
        `sqs:SendMessage on ${FIFO}`,
      ].sort(),
    );
    expect(lines('ProjectsStepdefault', 'Deny')).toEqual(
      [
        ...NEVER,
        ...each(
          ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
          `${BUCKET}/?/other/*`,
          `${BUCKET}/?/team%2Fforecasts/*`,
        ),
      ].sort(),
    );
  });

  it('the execution role may pull images and write logs, and reads no secret', () => {
    expect(lines('ProjectsExecution')).toEqual(
      [
        ...each(['logs:CreateLogStream', 'logs:PutLogEvents'], '${ProjectsLogs.Arn}'),
        ...pulls(arn('ecr', 'repository/*'), LEARNING_CONTAINERS),
        'ecr:GetAuthorizationToken on *',
      ].sort(),
    );
  });

  it('without configured repositories, images of the own account and region only can be pulled', () => {
    const own = statementsByRole(templateOf({ ...CONFIG, imageRepositories: [] }));
    for (const role of ['ProjectsExecution', 'QueuesMachineRole'])
      expect(own.get(role)?.find(({ Sid }) => Sid === 'Pull')?.Resource).toEqual([
        arn('ecr', 'repository/*'),
      ]);
  });

  it('a machine may run the ECS agent and pull images', () => {
    const cluster = [
      'ecs:DeregisterContainerInstance',
      'ecs:RegisterContainerInstance',
      'ecs:SubmitAttachmentStateChanges',
      'ecs:SubmitContainerStateChange',
      'ecs:SubmitTaskStateChange',
    ];
    const machine = [
      'ecs:Poll',
      'ecs:PutSystemLogEvents',
      'ecs:StartTelemetrySession',
      'ecs:UpdateContainerInstancesState',
    ];
    expect(lines('QueuesMachineRole')).toEqual(
      [
        ...each(cluster, arn('ecs', 'cluster/*')),
        ...each([...machine, 'ecs:TagResource'], arn('ecs', 'container-instance/*')),
        ...pulls(arn('ecr', 'repository/*'), LEARNING_CONTAINERS),
        ...each(['ecr:GetAuthorizationToken', 'ecs:DiscoverPollEndpoint'], '*'),
      ].sort(),
    );
  });

  it('a machine may tag only what it registers, and writes to no log', () => {
    const statements = roles.get('QueuesMachineRole') ?? [];
    expect(statements.find(({ Action }) => Action.includes('ecs:TagResource'))?.Condition).toEqual({
      StringEquals: { 'ecs:CreateAction': 'RegisterContainerInstance' },
    });
    expect(JSON.stringify(statements)).not.toContain('"logs:');
  });

  it('the tests list every role of the stack', () => {
    const functions = [
      'ApiRole',
      'ControllerRole',
      'EvaluatorRole',
      'RouterRole',
      'SchedulesRole',
      'SweeperRole',
    ];
    const others = [
      'ScheduleTimersRole',
      'TransitionsScheduleRole',
      'ProjectsExecution',
      'ProjectsStepdefault',
      'ProjectsStepteamforecasts',
      'ProjectsStepother',
      'QueuesMachineRole',
    ];
    expect([...roles.keys()].sort()).toEqual([...functions, ...others].sort());
  });

  it('the stack has no other policies, except the managed one that API Gateway requires', () => {
    const all = Object.entries(template.findResources('AWS::IAM::Role'));
    expect(all).toHaveLength(roles.size + 1);
    const managed = all.filter(
      ([, { Properties }]) =>
        'ManagedPolicyArns' in Properties ||
        'Policies' in Properties ||
        'PermissionsBoundary' in Properties,
    );
    expect(
      managed.map(
        ([id, { Properties }]) =>
          `${id.replace(/[0-9A-F]{8}$/, '')} ${JSON.stringify(Properties.ManagedPolicyArns)}`,
      ),
    ).toEqual([
      expect.stringMatching(
        /^HeadraceApiRestCloudWatchRole .*service-role\/AmazonAPIGatewayPushToCloudWatchLogs"\]\]\}\]$/,
      ),
    ]);
    for (const type of [
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::RolePolicy',
      'AWS::IAM::User',
      'AWS::IAM::Group',
      'AWS::IAM::UserPolicy',
    ])
      template.resourceCountIs(type, 0);
  });

  it('every resource of a permission is named, or its wildcard has a reason', () => {
    const { stack } = newStack(CONFIG);
    const reasons = new Set(
      stack.node
        .findAll()
        .flatMap(({ node }) => node.metadata)
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.keys(data))
        .filter((id) => id.includes('IAM5[Resource::')),
    );
    const wild = [...roles.values()]
      .flat()
      .flatMap(({ Effect, Resource }) =>
        Effect === 'Allow' ? Resource.filter((resource) => resource.includes('*')) : [],
      );
    expect(new Set(wild).size).toBeGreaterThan(10);
    expect(reasons.size).toBeGreaterThanOrEqual(new Set(wild).size);
    expect(() =>
      grant(new Role(stack, 'Wild', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }), {
        sid: 'Any',
        actions: ['s3:GetObject'],
        resources: ['*'],
      }),
    ).toThrow('a wildcard in * needs a reason');
    expect(() =>
      grant(new Role(stack, 'Any', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }), {
        sid: 'Any',
        actions: ['s3:*'],
        resources: ['a'],
      }),
    ).toThrow('s3:* is more than one action');
  });

  it('no permission has a wildcard among its actions', () => {
    const actions = [...roles.values()]
      .flat()
      .flatMap(({ Effect, Action }) => (Effect === 'Allow' ? Action : []));
    expect(actions.length).toBeGreaterThan(50);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });
});
