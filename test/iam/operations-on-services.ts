/**
 * Operations on the services that a deployment calls: events, logs, functions, timers and roles.
 *
 * @module
 */
import { z } from 'zod';
import { arn, json, passed, type Reader, targetOf, unsupported } from './operation.ts';

const eventsSchema = z.looseObject({
  Entries: z.array(z.looseObject({ EventBusName: z.string().default('default') })),
});

export const events: Reader = (request, location) => {
  const operation = targetOf(request);
  if (operation !== 'PutEvents') return unsupported('events', operation);
  const buses = new Set(
    eventsSchema.parse(json(request)).Entries.map(({ EventBusName }) => EventBusName),
  );
  return {
    name: operation,
    checks: [...buses].map((bus) => ({
      action: 'events:PutEvents',
      resource: arn(location, 'events', `event-bus/${bus}`),
    })),
  };
};

const streamSchema = z.looseObject({ logGroupName: z.string(), logStreamName: z.string() });

export const logs: Reader = (request, location) => {
  const operation = targetOf(request);
  if (!['GetLogEvents', 'CreateLogStream', 'PutLogEvents'].includes(operation))
    return unsupported('logs', operation);
  const { logGroupName, logStreamName } = streamSchema.parse(json(request));
  return {
    name: operation,
    checks: [
      {
        action: `logs:${operation}`,
        resource: arn(location, 'logs', `log-group:${logGroupName}:log-stream:${logStreamName}`),
      },
    ],
  };
};

export const lambda: Reader = ({ url }, location) => {
  const name =
    /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(url)?.[1] ?? unsupported('lambda', url);
  return {
    name: 'Invoke',
    checks: [
      {
        action: 'lambda:InvokeFunction',
        resource: arn(location, 'lambda', `function:${decodeURIComponent(name)}`),
      },
    ],
  };
};

const scheduleSchema = z.looseObject({
  GroupName: z.string(),
  Target: z.looseObject({ RoleArn: z.string() }),
});

export const scheduler: Reader = (request, location) => {
  const url = new URL(request.url, 'http://scheduler');
  const name =
    /^\/schedules\/([^/]+)/.exec(url.pathname)?.[1] ?? unsupported('scheduler', request.url);
  const check = (operation: string, group: string | null) => ({
    action: `scheduler:${operation}`,
    resource: arn(location, 'scheduler', `schedule/${group}/${name}`),
  });
  if (request.method === 'DELETE') {
    const checks = [check('DeleteSchedule', url.searchParams.get('groupName'))];
    return { name: 'DeleteSchedule', checks };
  }
  const operation = request.method === 'PUT' ? 'UpdateSchedule' : 'CreateSchedule';
  const { GroupName, Target } = scheduleSchema.parse(json(request));
  const checks = [check(operation, GroupName), passed(Target.RoleArn, 'scheduler.amazonaws.com')];
  return { name: operation, checks };
};

export const sts: Reader = ({ body }) => {
  const parameters = new URLSearchParams(body.toString());
  const operation = parameters.get('Action') ?? '';
  if (operation !== 'AssumeRole') return unsupported('sts', operation);
  return {
    name: operation,
    checks: [{ action: 'sts:AssumeRole', resource: parameters.get('RoleArn') ?? '' }],
  };
};
