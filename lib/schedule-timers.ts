/**
 * The timers of users' schedules: a group of EventBridge Scheduler, and the role under which its
 * schedules send their messages to the queue of firings.
 *
 * @module
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { DeployedSettings } from '../src/aws/deployment/settings.ts';
import type { Configuration } from './config.ts';
import { keyOf } from './encryption.ts';
import type { HeadraceFunction } from './functions.ts';
import { grant } from './grant.ts';
import type { TransitionQueues } from './transitions.ts';

export class ScheduleTimers extends Construct {
  readonly group: ScheduleGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, config: Configuration, { queues }: TransitionQueues) {
    super(scope, id);
    this.group = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', {
      description: 'Headrace: timers of schedules send their message under this role',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnEquals: { 'aws:SourceArn': this.group.scheduleGroupArn },
        },
      }),
    });
    grant(this.role, {
      sid: 'Send',
      actions: ['sqs:SendMessage'],
      resources: [queues.firings.queueArn, queues.undelivered.queueArn],
      key: keyOf(this, config),
    });
  }

  get settings(): Pick<DeployedSettings, 'firingGroup' | 'firingRoleArn'> {
    return { firingGroup: this.group.scheduleGroupName, firingRoleArn: this.role.roleArn };
  }

  /** Permissions to set and remove timers. */
  allow(setter: HeadraceFunction): void {
    setter.allow({
      sid: 'Timers',
      actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:UpdateSchedule'],
      resources: [setter.arn('scheduler', `schedule/${this.group.scheduleGroupName}/*`)],
      reason: 'Timers of this deployment are named when schedules are added.',
    });
    setter.allow({
      sid: 'TimerRole',
      actions: ['iam:PassRole'],
      resources: [this.role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    });
  }
}
