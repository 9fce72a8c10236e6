/**
 * Attempts on the services of a deployment: jobs, functions, events, schedules, roles and logs.
 *
 * @module
 */
import { Sha256 } from '@aws-crypto/sha256-js';
import {
  BatchClient,
  CancelJobCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TagResourceCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SignatureV4 } from '@smithy/signature-v4';
import { DEPLOYMENT_TAG, jobDefinitionName } from '../../src/aws/deployment/resource-names.ts';
import type { Attempt, Caller, Names } from './attempt.ts';

export function jobAttempts({ arn }: Names) {
  const batch = (what: string, run: (client: BatchClient) => Promise<unknown>): Attempt => ({
    what,
    run: (caller) => run(new BatchClient({ ...caller, maxAttempts: 1 })),
  });
  const definition = arn(
    'batch',
    `job-definition/${jobDefinitionName('headrace', '0'.repeat(64))}:1`,
  );
  return {
    submits: (queue = 'headrace-default', jobDefinition = definition) =>
      batch(`submits a job of ${jobDefinition.split('/')[1]} to ${queue}`, (client) =>
        client.send(
          new SubmitJobCommand({
            jobName: 'forged',
            jobQueue: arn('batch', `job-queue/${queue}`),
            jobDefinition,
          }),
        ),
      ),
    terminates: (jobId = 'some-job') =>
      batch(`terminates ${jobId}`, (client) =>
        client.send(new TerminateJobCommand({ jobId, reason: 'forged' })),
      ),
    tags: (resource: string) =>
      batch(`tags the ${resource}`, (client) =>
        client.send(
          new TagResourceCommand({
            resourceArn: arn('batch', resource),
            tags: { [DEPLOYMENT_TAG]: 'headrace' },
          }),
        ),
      ),
    cancels: () =>
      batch('cancels a job', (client) =>
        client.send(new CancelJobCommand({ jobId: 'some-job', reason: 'forged' })),
      ),
    describesJobs: () =>
      batch('describes jobs', (client) =>
        client.send(new DescribeJobsCommand({ jobs: ['some-job'] })),
      ),
    describesQueues: () =>
      batch('describes job queues', (client) =>
        client.send(
          new DescribeJobQueuesCommand({ jobQueues: [arn('batch', 'job-queue/headrace-default')] }),
        ),
      ),
    describesMachines: () =>
      batch('describes compute environments', (client) =>
        client.send(new DescribeComputeEnvironmentsCommand({})),
      ),
    listsJobs: () =>
      batch('lists jobs', (client) =>
        client.send(new ListJobsCommand({ jobQueue: arn('batch', 'job-queue/headrace-default') })),
      ),
    registers: (role: string, name = jobDefinitionName('headrace', 'f'.repeat(64))) =>
      batch(`registers ${name} with the role ${role.split('/').at(-1)}`, (client) =>
        client.send(
          new RegisterJobDefinitionCommand({
            jobDefinitionName: name,
            type: 'container',
            containerProperties: {
              image: 'any',
              jobRoleArn: role,
              resourceRequirements: [
                { type: 'VCPU', value: '1' },
                { type: 'MEMORY', value: '2048' },
              ],
            },
          }),
        ),
      ),
    otherDefinition: arn('batch', 'job-definition/foreign:1'),
    /** Of a deployment whose prefix starts with the prefix of this one. */
    definitionOfLongerPrefix: arn(
      'batch',
      `job-definition/${jobDefinitionName('headrace-two', '0'.repeat(64))}:1`,
    ),
  };
}

export function serviceAttempts({ nameOf, arn }: Names) {
  const logs = (
    what: string,
    run: (client: CloudWatchLogsClient) => Promise<unknown>,
  ): Attempt => ({
    what,
    run: (caller) => run(new CloudWatchLogsClient({ ...caller, maxAttempts: 1 })),
  });
  return {
    invokes: (id: string) => ({
      what: `invokes the function ${id}`,
      run: (caller: Caller) =>
        new LambdaClient({ ...caller, maxAttempts: 1 }).send(
          new InvokeCommand({ FunctionName: nameOf(id) }),
        ),
    }),
    publishesEvent: (bus = 'headrace') => ({
      what: `puts an event on the bus ${bus}`,
      run: (caller: Caller) =>
        new EventBridgeClient({ ...caller, maxAttempts: 1 }).send(
          new PutEventsCommand({
            Entries: [{ EventBusName: bus, Source: 'headrace', DetailType: 'Run', Detail: '{}' }],
          }),
        ),
    }),
    schedules: (role: string, inGroup = nameOf('TransitionsSchedules')) => ({
      what: `schedules in ${inGroup} under the role ${role.split('/').at(-1)}`,
      run: (caller: Caller) =>
        new SchedulerClient({ ...caller, maxAttempts: 1 }).send(
          new CreateScheduleCommand({
            Name: 'forged',
            GroupName: inGroup,
            ScheduleExpression: 'at(2099-01-01T00:00:00)',
            FlexibleTimeWindow: { Mode: 'OFF' },
            Target: { Arn: arn('sqs', nameOf('TransitionsDelays')), RoleArn: role, Input: '{}' },
          }),
        ),
    }),
    assumesRole: (role: string): Attempt => ({
      what: `assumes the role ${role.split('/').at(-1)}`,
      run: (caller) => assume(caller, role),
    }),
    readsLog: (logGroup: string) =>
      logs(`reads the log ${logGroup}`, (client) =>
        client.send(
          new GetLogEventsCommand({ logGroupName: nameOf(logGroup), logStreamName: 'a' }),
        ),
      ),
    logsTo: (logGroup: string) =>
      logs(`writes to the log ${logGroup}`, async (client) => {
        const stream = {
          logGroupName: nameOf(logGroup),
          logStreamName: `forged-${Date.now()}-${Math.random()}`,
        };
        await client.send(new CreateLogStreamCommand(stream));
        await client.send(
          new PutLogEventsCommand({
            ...stream,
            logEvents: [{ timestamp: Date.now(), message: 'a line' }],
          }),
        );
      }),
  };
}

/**
 * Sends a request of AWS's Query protocol, for which the tests have no client.
 *
 * @throws Error with the fields of an error of the SDK
 */
async function assume({ endpoint, region, credentials }: Caller, role: string): Promise<void> {
  const { host, hostname, port, protocol } = new URL(endpoint);
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: Sha256 });
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'forged',
  }).toString();
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
  const signed = await signer.sign({
    method: 'POST',
    protocol,
    hostname,
    port: Number(port),
    path: '/',
    query: {},
    headers,
    body,
  });
  const answer = await fetch(endpoint, { method: 'POST', headers: signed.headers, body });
  const text = await answer.text();
  if (answer.ok) return;
  throw Object.assign(new Error(text), {
    name: /<Code>([^<]*)</.exec(text)?.[1] ?? 'Unknown',
    $metadata: { httpStatusCode: answer.status },
  });
}
