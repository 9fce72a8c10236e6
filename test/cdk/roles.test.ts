/**
 * What every role may do, action by action: whoever adds one writes it down here, too.
 *
 * @module
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Statement, statementsByRole, templateOf } from './synthesized.ts';

let roles: ReadonlyMap<string, readonly Statement[]>;
let template: Template;

beforeAll(() => {
  template = templateOf({
    queues: { default: { type: 'fargate' }, gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true } },
    projects: { 'team/forecasts': { secrets: ['forecasts/key'] }, other: {} },
  });
  roles = statementsByRole(template);
});

/** `action on resource`, sorted. */
const lines = (role: string, effect: Statement['Effect'] = 'Allow'): readonly string[] =>
  (roles.get(role) ?? [])
    .filter(({ Effect }) => Effect === effect)
    .flatMap(({ Action, Resource }) => Action.flatMap((action) => Resource.map((resource) => `${action} on ${resource}`)))
    .sort();

const REGION = '${AWS::Partition}:%:${AWS::Region}:${AWS::AccountId}';
const arn = (service: string, resource: string) => `arn:${REGION.replace('%', service)}:${resource}`;
const TASKS = '${StorageTasks.Arn}';
const CACHE = '${StorageCache.Arn}';
const BUCKET = '${StorageBucket.Arn}';
const FIFO = '${TransitionsQueue.Arn}';
const DELAYS = '${TransitionsDelays.Arn}';
const UNDELIVERED = '${TransitionsUndelivered.Arn}';
const SECRET = '${StorageTokens}';

const each = (actions: readonly string[], ...resources: readonly string[]) =>
  actions.flatMap((action) => resources.map((resource) => `${action} on ${resource}`));
const logsAndTraces = (logGroup: string) => [
  ...each(['logs:CreateLogStream', 'logs:PutLogEvents'], `\${${logGroup}.Arn}`),
  ...each(['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], '*'),
];
const READ = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const WRITE = ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const CONSUME = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const SCHEDULES = arn('scheduler', 'schedule/headrace-Headrace-Transitions-Schedules-1A04D2FF/*');
const records = [
  ...each([...READ, ...WRITE], TASKS, CACHE),
  ...each(['s3:GetObject', 's3:PutObject'], `${BUCKET}/*`),
  `s3:ListBucket on ${BUCKET}`,
  `secretsmanager:GetSecretValue on ${SECRET}`,
];
const timers = [`sqs:SendMessage on ${DELAYS}`, `scheduler:CreateSchedule on ${SCHEDULES}`, 'iam:PassRole on ${TransitionsScheduleRole.Arn}'];

describe('the roles', () => {
  it("evaluator: users' code runs there, so it writes its log and its traces and does nothing else", () => {
    expect(lines('EvaluatorRole')).toEqual(logsAndTraces('EvaluatorLogs').sort());
  });

  it('controller', () => {
    const definitions = arn('batch', 'job-definition/headrace-*');
    const stepRoles = ['${ProjectsStepdefault.Arn}', '${ProjectsStepteamforecasts.Arn}', '${ProjectsStepother.Arn}', '${ProjectsExecution.Arn}'];
    expect(lines('ControllerRole')).toEqual(
      [
        ...logsAndTraces('ControllerLogs'),
        ...records,
        ...timers,
        ...each([...CONSUME, 'sqs:ChangeMessageVisibility', 'sqs:SendMessage'], FIFO),
        'lambda:InvokeFunction on ${EvaluatorFunction.Arn}',
        'events:PutEvents on ${TransitionsBus.Arn}',
        ...each(['batch:RegisterJobDefinition', 'batch:TagResource'], definitions),
        ...each(['batch:SubmitJob'], definitions, '${QueuesQueuedefault.JobQueueArn}', '${QueuesQueuegpu.JobQueueArn}'),
        `batch:TerminateJob on ${arn('batch', 'job/*')}`,
        ...each(['batch:DescribeJobDefinitions', 'batch:DescribeJobs', 'batch:ListJobs'], '*'),
        ...each(['iam:PassRole'], ...stepRoles),
      ].sort(),
    );
  });

  it('router', () => {
    expect(lines('RouterRole')).toEqual(
      [
        ...logsAndTraces('RouterLogs'),
        ...each(READ, TASKS),
        `secretsmanager:GetSecretValue on ${SECRET}`,
        `sqs:SendMessage on ${FIFO}`,
        `sqs:SendMessage on ${UNDELIVERED}`,
        ...each([...CONSUME, 'sqs:SendMessage'], DELAYS),
      ].sort(),
    );
  });

  it('sweeper', () => {
    expect(lines('SweeperRole')).toEqual(
      [
        ...logsAndTraces('SweeperLogs'),
        ...each(['dynamodb:GetItem', 'dynamodb:Query'], TASKS),
        `dynamodb:Query on ${TASKS}/index/liveRuns`,
        `secretsmanager:GetSecretValue on ${SECRET}`,
        `sqs:SendMessage on ${FIFO}`,
        `sqs:SendMessage on ${UNDELIVERED}`,
      ].sort(),
    );
  });

  it('api', () => {
    expect(lines('ApiRole')).toEqual(
      [
        ...logsAndTraces('ApiLogs'),
        ...records,
        `sqs:SendMessage on ${DELAYS}`,
        `sqs:SendMessage on ${FIFO}`,
        ...each(['dynamodb:Query'], `${TASKS}/index/*`, `${CACHE}/index/*`),
        `s3:DeleteObject on ${BUCKET}/p/*`,
        'logs:GetLogEvents on ${ProjectsLogs.Arn}',
      ].sort(),
    );
  });

  it('schedules send to the queue of delays, or to where undelivered messages go', () => {
    expect(lines('TransitionsScheduleRole')).toEqual([`sqs:SendMessage on ${DELAYS}`, `sqs:SendMessage on ${UNDELIVERED}`]);
  });

  it('a step of a declared project reaches its own data, reads its specs and code, and sends transitions', () => {
    const folder = `${BUCKET}/p/team%2Fforecasts`;
    expect(lines('ProjectsStepteamforecasts')).toEqual(
      [
        ...each(['s3:GetObject'], `${BUCKET}/code/*`, `${folder}/data/*`, `${folder}/spec/*`),
        ...each(['s3:AbortMultipartUpload', 's3:PutObject'], `${folder}/data/*`),
        `secretsmanager:GetSecretValue on ${arn('secretsmanager', 'secret:forecasts/key-??????')}`,
        `sqs:SendMessage on ${FIFO}`,
      ].sort(),
    );
    expect(lines('ProjectsStepteamforecasts', 'Deny')).toEqual([]);
  });

  it('a step of any other project shares a role that is refused the declared ones', () => {
    expect(lines('ProjectsStepdefault')).toEqual(
      [
        ...each(['s3:GetObject'], `${BUCKET}/code/*`, `${BUCKET}/p/*/data/*`, `${BUCKET}/p/*/spec/*`),
        ...each(['s3:AbortMultipartUpload', 's3:PutObject'], `${BUCKET}/p/*/data/*`),
        `sqs:SendMessage on ${FIFO}`,
      ].sort(),
    );
    expect(lines('ProjectsStepdefault', 'Deny')).toEqual(
      each(['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], `${BUCKET}/p/other/*`, `${BUCKET}/p/team%2Fforecasts/*`).sort(),
    );
  });

  it('a container starts with its image and its log, and no secret', () => {
    expect(lines('ProjectsExecution')).toEqual(
      [
        ...each(['logs:CreateLogStream', 'logs:PutLogEvents'], '${ProjectsLogs.Arn}'),
        ...each(['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], arn('ecr', 'repository/*')),
        'ecr:GetAuthorizationToken on *',
      ].sort(),
    );
  });

  it('are all named above, but the one of the machines', () => {
    const known = ['ApiRole', 'ControllerRole', 'EvaluatorRole', 'RouterRole', 'SweeperRole', 'TransitionsScheduleRole', 'ProjectsExecution'];
    const steps = ['ProjectsStepdefault', 'ProjectsStepteamforecasts', 'ProjectsStepother'];
    expect([...roles.keys()].sort()).toEqual([...known, ...steps, 'QueuesMachineRole'].sort());
  });

  it('hold no wildcard among their actions', () => {
    const actions = [...roles.values()].flat().flatMap(({ Effect, Action }) => (Effect === 'Allow' ? Action : []));
    expect(actions.length).toBeGreaterThan(50);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('of steps can be taken by containers of this account alone, and handed on to them alone', () => {
    const trusts = Object.values(template.findResources('AWS::IAM::Role')).map((role) => JSON.stringify(role));
    const ofSteps = trusts.filter((role) => role.includes('ecs-tasks.amazonaws.com'));
    expect(ofSteps).toHaveLength(4);
    expect(ofSteps.filter((role) => role.includes('"aws:SourceAccount":{"Ref":"AWS::AccountId"}'))).toHaveLength(4);
    const passes =
      JSON.stringify(template.findResources('AWS::IAM::Policy')).match(
        /"iam:PassRole","Condition":\{"StringEquals":\{"iam:PassedToService":"[a-z-]+\.amazonaws\.com"\}\}/g,
      ) ?? [];
    expect(passes).toHaveLength(JSON.stringify(template.findResources('AWS::IAM::Policy')).split('iam:PassRole').length - 1);
  });
});
