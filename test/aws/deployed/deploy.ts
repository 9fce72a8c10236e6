/**
 * What `cdk deploy` does, against an emulator: the assets uploaded, the template given to CloudFormation, the outputs read when it is done.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand, DescribeStackEventsCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import type { Template } from './template.ts';
import { zipFolder } from './zip.ts';

const assetsSchema = z.looseObject({
  files: z.record(
    z.string(),
    z.looseObject({
      source: z.looseObject({ path: z.string(), packaging: z.enum(['file', 'zip']) }),
      destinations: z.record(z.string(), z.looseObject({ bucketName: z.string(), objectKey: z.string() })),
    }),
  ),
});

/** `AWS::AccountId` and `AWS::Region` of the emulator, as they stand in the names of assets. */
export interface Account {
  readonly account: string;
  readonly region: string;
}

const TEMPLATES = 'headrace-templates';
const WITHIN_MS = 120_000;

/**
 * Uploads what the assembly's functions are made of, and the template, which is too large to send along.
 *
 * @returns the template's URL
 */
export async function uploadAssets(emulator: Emulator, assembly: string, stack: string, template: Template, { account, region }: Account): Promise<string> {
  const s3 = new S3Client({ ...clientOptions(emulator), forcePathStyle: true });
  const { files } = assetsSchema.parse(JSON.parse(readFileSync(join(assembly, `${stack}.assets.json`), 'utf8')));
  const made = new Set<string>();
  const put = async (bucket: string, key: string, body: Buffer | string) => {
    if (!made.has(bucket)) await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    made.add(bucket);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  };
  for (const { source, destinations } of Object.values(files)) {
    if (source.packaging !== 'zip') continue;
    for (const { bucketName, objectKey } of Object.values(destinations)) {
      const bucket = bucketName.replaceAll('${AWS::AccountId}', account).replaceAll('${AWS::Region}', region);
      await put(bucket, objectKey, zipFolder(join(assembly, source.path)));
    }
  }
  await put(TEMPLATES, `${stack}.json`, JSON.stringify(template));
  s3.destroy();
  return `${emulator.endpoint}/${TEMPLATES}/${stack}.json`;
}

/**
 * Creates the stack and waits until it is there.
 *
 * @returns its outputs
 * @throws Error with what CloudFormation said of each resource that failed
 */
export async function createStack(emulator: Emulator, stack: string, templateUrl: string): Promise<Readonly<Record<string, string>>> {
  const client = new CloudFormationClient(clientOptions(emulator));
  await client.send(new CreateStackCommand({ StackName: stack, TemplateURL: templateUrl, Capabilities: ['CAPABILITY_NAMED_IAM'] }));
  const deadline = Date.now() + WITHIN_MS;
  while (true) {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    if (found?.StackStatus === 'CREATE_COMPLETE') {
      return Object.fromEntries((found.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']));
    }
    if (found?.StackStatus !== 'CREATE_IN_PROGRESS' || Date.now() > deadline) {
      throw new Error(`the stack ${stack} is ${found?.StackStatus}: ${found?.StackStatusReason}\n${await failures(client, stack)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function failures(client: CloudFormationClient, stack: string): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stack }));
  return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('FAILED'))
    .map(({ LogicalResourceId, ResourceType, ResourceStatusReason }) => `  ${ResourceType} ${LogicalResourceId}: ${ResourceStatusReason}`)
    .join('\n');
}
