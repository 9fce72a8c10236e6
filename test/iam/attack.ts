/**
 * An attack of a step of one project on a running run of another project: the requests under its
 * own credentials, and forged messages.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { RunDocument } from '../../src/wire/runs.ts';
import { ROOT } from '../e2e/headrace.ts';
import { rootOptions } from './account.ts';
import type { RoleCloud } from './cloud.ts';
import { PIPELINE_NAME } from './pipeline.ts';
import { clientOf, hasEnded, logTails, until, untilRunning } from './scenario.ts';

interface Request {
  readonly what: string;
  readonly service: string;
  readonly command: string;
  readonly input: object;
}

export interface AttackOutcome {
  /** The result of each request of the step: `done`, or the name of the error. */
  readonly answers: Readonly<Record<string, string>>;
  readonly victim: RunDocument;
  /** Objects of the other project, and code, that were changed. */
  readonly changed: readonly string[];
  /** Log lines of the controller about dropped messages. */
  readonly dropped: readonly string[];
}

/** The module from which the step resolves the SDK. */
const FROM = join(ROOT, 'package.json');

export async function attackFromAStep(cloud: RoleCloud): Promise<AttackOutcome> {
  const client = clientOf(cloud);
  const markerFile = join(tmpdir(), `headrace-mark-${randomUUID()}`);
  const { id } = await client.createRun({
    project: 'team/other',
    pipeline: PIPELINE_NAME,
    args: { mode: 'victim', given: markerFile },
    noCache: true,
  });
  await untilRunning(client, id, 'hold');
  const before = await objectsOf(cloud);
  const requests = requestsAgainst(cloud, id, [...before.keys()]);
  const attack = await client.createRun({
    project: 'examples',
    pipeline: PIPELINE_NAME,
    args: { mode: 'attack', given: { from: FROM, requests } },
  });
  const { result } = await until(client, attack.id, hasEnded);
  await writeFile(markerFile, '');
  const victim = await until(client, id, hasEnded);
  const after = await objectsOf(cloud);
  return {
    answers: z
      .record(z.string(), z.string())
      .parse(JSON.parse(result?.format === 'json' && 'text' in result ? result.text : '{}')),
    victim,
    changed: [...before].filter(([key, tag]) => after.get(key) !== tag).map(([key]) => key),
    dropped: logTails(cloud)
      .split('\n')
      .filter((line) => line.includes('message dropped')),
  };
}

/** Reads the first object of the other project. The step fails with the refusal. */
export async function stealFromAStep(cloud: RoleCloud): Promise<RunDocument> {
  const client = clientOf(cloud);
  const key = [...(await objectsOf(cloud)).keys()].find((each) =>
    each.startsWith('p/team%2Fother/data/'),
  );
  const { id } = await client.createRun({
    project: 'examples',
    pipeline: PIPELINE_NAME,
    args: { mode: 'steal', given: { from: FROM, bucket: bucketOf(cloud), key: key ?? '' } },
  });
  return await until(client, id, hasEnded);
}

const nameOf = ({ stack }: RoleCloud, id: string): string =>
  stack.resources.find((resource) => resource.id.startsWith(`Headrace${id}`))?.name ?? id;
const bucketOf = (cloud: RoleCloud): string => nameOf(cloud, 'StorageBucket');

/** The objects of the other project, and all code: their keys and ETags. */
async function objectsOf(cloud: RoleCloud): Promise<ReadonlyMap<string, string>> {
  const client = new S3Client({ ...rootOptions(cloud.cloud), forcePathStyle: true });
  const found = new Map<string, string>();
  for (const Prefix of ['p/team%2Fother/', 'code/']) {
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucketOf(cloud), Prefix }),
    );
    for (const { Key = '' } of Contents) {
      const { ETag = '' } = await client.send(
        new HeadObjectCommand({ Bucket: bucketOf(cloud), Key }),
      );
      found.set(Key, ETag);
    }
  }
  client.destroy();
  return found;
}

function requestsAgainst(
  cloud: RoleCloud,
  run: string,
  keys: readonly string[],
): readonly Request[] {
  const { region, account } = cloud.cloud;
  const Bucket = bucketOf(cloud);
  const arn = (service: string, resource: string): string =>
    `arn:aws:${service}:${region}:${account}:${resource}`;
  const queueUrl = (id: string): string => `${cloud.gateway}/${account}/${nameOf(cloud, id)}`;
  const requests: Request[] = [];
  const add = (what: string, service: string, command: string, input: object) =>
    requests.push({ what, service, command, input });

  for (const kind of ['data', 'spec']) {
    const Key =
      keys.find((key) => key.startsWith(`p/team%2Fother/${kind}/`)) ??
      `p/team%2Fother/${kind}/${run}`;
    add(`reads ${kind}`, 's3', 'GetObject', { Bucket, Key });
    add(`checks for ${kind}`, 's3', 'HeadObject', { Bucket, Key });
    add(`overwrites ${kind}`, 's3', 'PutObject', { Bucket, Key, Body: 'forged' });
    add(`removes ${kind}`, 's3', 'DeleteObject', { Bucket, Key });
  }
  add('lists all', 's3', 'ListObjectsV2', { Bucket });
  add('lists the other project', 's3', 'ListObjectsV2', { Bucket, Prefix: 'p/team%2Fother/' });
  add('overwrites code', 's3', 'PutObject', {
    Bucket,
    Key: keys.find((key) => key.startsWith('code/')) ?? 'code/0',
    Body: 'forged',
  });
  add('adds code', 's3', 'PutObject', {
    Bucket,
    Key: `code/${'0'.repeat(64)}.mjs`,
    Body: 'forged',
  });
  add('writes history of its own', 's3', 'PutObject', {
    Bucket,
    Key: `p/examples/history/${run}/1/latest.json`,
    Body: '{}',
  });
  add('writes history of the other', 's3', 'PutObject', {
    Bucket,
    Key: `p/team%2Fother/history/${run}/1/latest.json`,
    Body: '{}',
  });
  for (const TableName of ['StorageTasks', 'StorageCache'].map((id) => nameOf(cloud, id))) {
    const Key = { pk: { S: run }, sk: { S: 'HEAD' } };
    add(`reads ${TableName}`, 'dynamodb', 'GetItem', { TableName, Key });
    add(`scans ${TableName}`, 'dynamodb', 'Scan', { TableName });
    add(`writes ${TableName}`, 'dynamodb', 'PutItem', { TableName, Item: Key });
  }
  add('terminates jobs', 'batch', 'TerminateJob', { jobId: 'some-job', reason: 'forged' });
  add('lists jobs', 'batch', 'ListJobs', { jobQueue: arn('batch', 'job-queue/headrace-default') });
  add('describes jobs', 'batch', 'DescribeJobs', { jobs: ['some-job'] });
  add('submits a job', 'batch', 'SubmitJob', {
    jobName: 'forged',
    jobQueue: arn('batch', 'job-queue/headrace-default'),
    jobDefinition: 'any',
  });
  add("reads the deployment's secret", 'secrets-manager', 'GetSecretValue', {
    SecretId: nameOf(cloud, 'StorageTokens'),
  });
  add("reads another's secret", 'secrets-manager', 'GetSecretValue', { SecretId: 'other/key' });
  add('receives messages', 'sqs', 'ReceiveMessage', { QueueUrl: queueUrl('TransitionsQueue') });
  add('delays messages', 'sqs', 'SendMessage', {
    QueueUrl: queueUrl('TransitionsDelays'),
    MessageBody: '{}',
  });
  add('evaluates', 'lambda', 'Invoke', { FunctionName: nameOf(cloud, 'EvaluatorFunction') });
  add('publishes an event', 'eventbridge', 'PutEvents', {
    Entries: [{ EventBusName: 'headrace', Source: 'headrace', DetailType: 'Run', Detail: '{}' }],
  });
  add('forges messages', 'sqs', 'SendMessageBatch', {
    QueueUrl: queueUrl('TransitionsQueue'),
    Entries: forgeries(run),
  });
  return requests;
}

/**
 * Messages that a step may send, in the group of another run: completions and control messages,
 * with deduplication ids that can be guessed, so that SQS would drop the authentic message as a
 * duplicate.
 */
function forgeries(run: string): readonly object[] {
  const identityOf = (call: number) => ({
    run,
    call,
    attempt: 1,
    job: 'a-job.1',
    token: 'a-guess',
    at: Date.now(),
  });
  const value = { format: 'json', text: '"forged"' };
  const transitions = [
    ...[0, 1, 2].map((call) => ({
      kind: 'finished',
      ...identityOf(call),
      outcome: { ok: true, values: [value], artifacts: [] },
    })),
    { kind: 'started', ...identityOf(2) },
    { kind: 'run.abort', run, reason: 'forged' },
    { kind: 'run.continue', run },
    {
      kind: 'job.ended',
      run,
      call: 1,
      attempt: 1,
      job: 'a-job.1',
      exitCode: 1,
      signal: null,
      fault: 'step',
      reason: 'forged',
      at: Date.now(),
    },
  ];
  return transitions.map((transition, index) => ({
    Id: String(index),
    MessageGroupId: run,
    MessageDeduplicationId: createHash('sha256')
      .update(
        JSON.stringify([transition.kind, '', 'call' in transition ? transition.call : '', 1, 0]),
      )
      .digest('hex'),
    MessageBody: JSON.stringify({
      v: 1,
      transition,
      ...('token' in transition ? {} : { mac: 'a-guess' }),
    }),
  }));
}
