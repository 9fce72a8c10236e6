/**
 * The customer-managed key of a deployment, if it has one.
 *
 * 1. A role may use the key only through a service that it has permissions for, and only as those
 *    permissions need it (`keyGrants`). A role without data, such as the evaluator's, may not use
 *    the key.
 * 2. The stack does not change the policy of the key, which belongs to its owner: it must allow the
 *    services of AWS that encrypt under their own name (docs/deploying.md).
 *
 * @module
 */
import { Stack } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Configuration } from './config.ts';

/** The key, as a construct below `scope`; undefined if AWS's own keys are used. */
export const keyOf = (scope: Construct, { encryption }: Configuration): IKey | undefined =>
  encryption === undefined ? undefined : Key.fromKeyArn(scope, 'Key', encryption.keyArn);

/** The property of a resource that names its key. */
export const encryptedBy = (key: IKey | undefined): { readonly encryptionKey?: IKey } =>
  key === undefined ? {} : { encryptionKey: key };

/** The properties of a queue for its encryption. */
export const queueEncryptedBy = (key: IKey | undefined) =>
  key === undefined
    ? { encryption: QueueEncryption.SQS_MANAGED }
    : { encryption: QueueEncryption.KMS, encryptionMasterKey: key };

const READ_TABLE_KEY = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITE_TABLE_KEY = [
  ...READ_TABLE_KEY,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
const ENCRYPT = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** The use of the key that each action needs. All other actions need none. */
const KEY_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'dynamodb:BatchGetItem': READ_TABLE_KEY,
  'dynamodb:GetItem': READ_TABLE_KEY,
  'dynamodb:Query': READ_TABLE_KEY,
  'dynamodb:DeleteItem': WRITE_TABLE_KEY,
  'dynamodb:PutItem': WRITE_TABLE_KEY,
  'dynamodb:UpdateItem': WRITE_TABLE_KEY,
  's3:GetObject': ['kms:Decrypt'],
  // Parts of an upload are decrypted when it is completed.
  's3:PutObject': ENCRYPT,
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
  'sns:Publish': ENCRYPT,
  'sqs:ReceiveMessage': ['kms:Decrypt'],
  // Messages that are sent may share a data key, which is decrypted.
  'sqs:SendMessage': ENCRYPT,
};

export interface KeyGrant {
  readonly service: string;
  readonly actions: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The use of the key that actions need, by the service that uses it. */
export function keyGrants(scope: Construct, actions: readonly string[]): readonly KeyGrant[] {
  const { region, urlSuffix } = Stack.of(scope);
  const byService = new Map<string, Set<string>>();
  for (const action of actions) {
    const [service = ''] = action.split(':');
    for (const needed of KEY_ACTIONS[action] ?? [])
      byService.set(service, (byService.get(service) ?? new Set()).add(needed));
  }
  return [...byService].map(([service, needed]) => ({
    service,
    actions: [...needed].sort(),
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.${urlSuffix}` } },
  }));
}
