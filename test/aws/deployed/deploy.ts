/**
 * Deploys a stack to an emulator as `cdk deploy` does: uploads the assets, sends the template to
 * CloudFormation, and returns the outputs. `cdk.ts` uses the command itself.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { createS3Objects } from '../../../src/aws/storage/s3-objects.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import type { Assembly } from './synth.ts';
import type { Template } from './template.ts';
import { zipFolder } from './zip.ts';

const assetsSchema = z.looseObject({
  files: z.record(
    z.string(),
    z.looseObject({
      source: z.looseObject({ path: z.string(), packaging: z.enum(['file', 'zip']) }),
      destinations: z.record(
        z.string(),
        z.looseObject({ bucketName: z.string(), objectKey: z.string() }),
      ),
    }),
  ),
});

export type Outputs = Readonly<Record<string, string>>;

/** Deploys a stack to an emulator. */
export interface Deployer {
  /** Creates the stack, or updates the existing one. @returns its outputs */
  deploy(aws: Emulator, assembly: Assembly): Promise<Outputs>;
  destroy(aws: Emulator, assembly: Assembly): Promise<void>;
}

/** Deploys by requests to CloudFormation. */
export const directly: Deployer = {
  async deploy(aws, assembly) {
    const client = new CloudFormationClient(clientOptions(aws));
    const stack = {
      StackName: assembly.stack,
      TemplateURL: await uploadAssets(aws, assembly),
      Capabilities: ['CAPABILITY_NAMED_IAM' as const],
    };
    const exists = (await statusOf(client, assembly.stack)) !== undefined;
    await client.send(exists ? new UpdateStackCommand(stack) : new CreateStackCommand(stack));
    return await untilDone(client, assembly.stack, exists ? 'UPDATE' : 'CREATE');
  },
  async destroy(aws, { stack }) {
    const client = new CloudFormationClient(clientOptions(aws));
    await client.send(new DeleteStackCommand({ StackName: stack }));
    await untilDeleted(client, stack);
  },
};

/** The resources of a stack by their ids in the template; empty if there is no such stack. */
export async function resourcesOf(
  aws: Emulator,
  stack: string,
): Promise<ReadonlyMap<string, { readonly type: string; readonly id: string }>> {
  const client = new CloudFormationClient(clientOptions(aws));
  if ((await statusOf(client, stack)) === undefined) return new Map();
  const resources = new Map<string, { readonly type: string; readonly id: string }>();
  for await (const { StackResourceSummaries = [] } of paginateListStackResources(
    { client },
    { StackName: stack },
  ))
    for (const {
      LogicalResourceId = '',
      ResourceType: type = '',
      PhysicalResourceId: id = '',
    } of StackResourceSummaries)
      resources.set(LogicalResourceId, { type, id });
  return resources;
}

/** CloudFormation deletes only empty buckets. */
export async function emptyBuckets(aws: Emulator, stack: string): Promise<void> {
  const s3 = new S3Client({ ...clientOptions(aws), forcePathStyle: true });
  for (const { type, id } of (await resourcesOf(aws, stack)).values()) {
    if (type === 'AWS::S3::Bucket') await createS3Objects({ client: s3, bucket: id }).remove('');
  }
  s3.destroy();
}

/** The value of `AWS::AccountId` in emulators, which is part of the names of assets. */
const ACCOUNT = '000000000000';
const TEMPLATES = 'headrace-templates';
const TIMEOUT_MS = 180_000;

/**
 * Uploads the functions' bundles, and the template, which is too large for a request.
 *
 * @returns the template's URL
 */
async function uploadAssets(
  emulator: Emulator,
  { folder, stack, template }: Assembly,
): Promise<string> {
  const s3 = new S3Client({ ...clientOptions(emulator), forcePathStyle: true });
  const region = emulator.environment.AWS_REGION ?? '';
  const { files } = assetsSchema.parse(
    JSON.parse(readFileSync(join(folder, `${stack}.assets.json`), 'utf8')),
  );
  const createdBuckets = new Set<string>();
  const put = async (bucket: string, key: string, body: Buffer | string) => {
    if (!createdBuckets.has(bucket)) await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    createdBuckets.add(bucket);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  };
  for (const { source, destinations } of Object.values(files)) {
    if (source.packaging !== 'zip') continue;
    for (const { bucketName, objectKey } of Object.values(destinations)) {
      const bucket = bucketName
        .replaceAll('${AWS::AccountId}', ACCOUNT)
        .replaceAll('${AWS::Region}', region);
      await put(bucket, objectKey, zipFolder(join(folder, source.path)));
    }
  }
  await put(TEMPLATES, `${stack}.json`, JSON.stringify(withoutBootstrapCheck(template)));
  s3.destroy();
  return `${emulator.endpoint}/${TEMPLATES}/${stack}.json`;
}

/** Without the check whether the account is bootstrapped, because it is not. */
function withoutBootstrapCheck({
  Parameters: _parameters,
  Rules: _rules,
  ...template
}: Template): object {
  return template;
}

async function statusOf(client: CloudFormationClient, stack: string): Promise<string | undefined> {
  try {
    const { Stacks: [found] = [] } = await client.send(
      new DescribeStacksCommand({ StackName: stack }),
    );
    return found?.StackStatus === 'DELETE_COMPLETE' ? undefined : found?.StackStatus;
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError') return undefined;
    throw error;
  }
}

/** @throws Error with CloudFormation's reason for each failed resource */
async function untilDone(
  client: CloudFormationClient,
  stack: string,
  operation: 'CREATE' | 'UPDATE',
): Promise<Outputs> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (true) {
    const { Stacks: [found] = [] } = await client.send(
      new DescribeStacksCommand({ StackName: stack }),
    );
    const status = found?.StackStatus ?? '';
    if (status === `${operation}_COMPLETE`)
      return Object.fromEntries(
        (found?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [
          OutputKey ?? '',
          OutputValue ?? '',
        ]),
      );
    if (
      !status.startsWith(`${operation}_`) ||
      !status.endsWith('_IN_PROGRESS') ||
      Date.now() > deadline
    ) {
      throw new Error(
        `the stack ${stack} is ${status}: ${found?.StackStatusReason}\n${await failures(client, stack)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilDeleted(client: CloudFormationClient, stack: string): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (true) {
    const status = await statusOf(client, stack);
    if (status === undefined) return;
    if (status !== 'DELETE_IN_PROGRESS' || Date.now() > deadline)
      throw new Error(`the stack ${stack} is ${status}\n${await failures(client, stack)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** CloudFormation's reason for each failed resource, one a line. */
export async function failures(client: CloudFormationClient, stack: string): Promise<string> {
  const lines: string[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents(
    { client },
    { StackName: stack },
  ))
    for (const {
      LogicalResourceId,
      ResourceType,
      ResourceStatus,
      ResourceStatusReason,
    } of StackEvents)
      if (ResourceStatus?.endsWith('FAILED') === true)
        lines.push(`  ${ResourceType} ${LogicalResourceId}: ${ResourceStatusReason}`);
  return lines.join('\n');
}
