/**
 * Who may assume the roles of the stack, and to which services they may be passed.
 *
 * @module
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, it } from 'vitest';
import { statementsByRole, templateOf } from './synthesized.ts';

/** The names under which Batch may pass the roles of a job definition. */
const CONTAINER_SERVICES = ['ecs-tasks.amazonaws.com', 'batch.amazonaws.com'];

let template: Template;
beforeAll(() => {
  template = templateOf({
    queues: {
      default: { type: 'fargate' },
      gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true },
    },
    projects: { 'team/forecasts': { secrets: ['forecasts/key'] }, other: {} },
  });
});

it('roles of functions can be assumed by Lambda only, and the role of schedules by the group of schedules of this account only', () => {
  const trusts = new Map(
    Object.entries(template.findResources('AWS::IAM::Role')).map(([id, role]) => [
      id,
      JSON.stringify(role.Properties.AssumeRolePolicyDocument),
    ]),
  );
  const lambda = [...trusts]
    .filter(([, trust]) => trust.includes('"Service":"lambda.amazonaws.com"'))
    .map(([id]) => id.replace(/^Headrace|[0-9A-F]{8}$/g, ''));
  expect(lambda.sort()).toEqual([
    'ApiRole',
    'ControllerRole',
    'EvaluatorRole',
    'RouterRole',
    'SchedulesRole',
    'SweeperRole',
  ]);
  const schedules = [...trusts.values()].filter((trust) =>
    trust.includes('scheduler.amazonaws.com'),
  );
  expect(schedules).toHaveLength(2);
  for (const trust of schedules)
    expect(trust).toContain('"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}');
  for (const group of ['TransitionsSchedules', 'ScheduleTimersGroup'])
    expect(schedules.join()).toMatch(
      new RegExp(
        `"ArnEquals":\\{"aws:SourceArn":\\{"Fn::GetAtt":\\["Headrace${group}[0-9A-F]{8}","Arn"\\]\\}\\}`,
      ),
    );
  expect(
    [...trusts.values()].filter((trust) => trust.includes('"AWS":') || trust.includes('"*"')),
  ).toEqual([]);
});

it('the controller passes the roles of steps to both services that may receive them, and the functions that set timers pass their role only', () => {
  const passes = (statementsByRole(template).get('ControllerRole') ?? []).filter(({ Action }) =>
    Action.includes('iam:PassRole'),
  );
  expect(passes.map(({ Condition, Resource }) => [Condition, [...Resource].sort()])).toEqual([
    [
      { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      ['${TransitionsScheduleRole.Arn}'],
    ],
    [
      { StringEquals: { 'iam:PassedToService': CONTAINER_SERVICES } },
      [
        '${ProjectsExecution.Arn}',
        '${ProjectsStepdefault.Arn}',
        '${ProjectsStepother.Arn}',
        '${ProjectsStepteamforecasts.Arn}',
      ],
    ],
  ]);
  const others = [...statementsByRole(template)].filter(
    ([role, statements]) =>
      role !== 'ControllerRole' && JSON.stringify(statements).includes('iam:PassRole'),
  );
  const passedByOthers = others.flatMap(([role, statements]) =>
    statements
      .filter(({ Action }) => Action.includes('iam:PassRole'))
      .map(({ Condition, Resource }) => ({ role, Condition, Resource })),
  );
  expect(passedByOthers).toEqual(
    ['SchedulesRole', 'ApiRole'].map((role) => ({
      role,
      Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      Resource: ['${ScheduleTimersRole.Arn}'],
    })),
  );
});

it('roles of steps can be assumed by containers of this account only', () => {
  const trusts = Object.values(template.findResources('AWS::IAM::Role')).map((role) =>
    JSON.stringify(role),
  );
  const ofSteps = trusts.filter((role) => role.includes('ecs-tasks.amazonaws.com'));
  expect(ofSteps).toHaveLength(4);
  expect(
    ofSteps.filter((role) => role.includes('"aws:SourceAccount":{"Ref":"AWS::AccountId"}')),
  ).toHaveLength(4);
});
