/**
 * Translates policies for the emulator. For some requests it requires an action with the name of
 * the operation, where IAM requires another action. Each action of a policy adds the operations
 * that it covers in IAM, on the same resources, and nothing else.
 *
 * @module
 */
import type { Statement } from './policy.ts';

const COVERED: Readonly<Record<string, readonly string[]>> = {
  'sqs:SendMessage': ['sqs:SendMessageBatch'],
  'sqs:DeleteMessage': ['sqs:DeleteMessageBatch'],
  'sqs:ChangeMessageVisibility': ['sqs:ChangeMessageVisibilityBatch'],
  's3:GetObject': ['s3:HeadObject'],
  's3:PutObject': ['s3:CreateMultipartUpload', 's3:UploadPart', 's3:CompleteMultipartUpload'],
  's3:ListBucket': ['s3:ListObjectsV2'],
  'lambda:InvokeFunction': ['lambda:Invoke'],
};

export function inDialect(statements: readonly Statement[]): readonly unknown[] {
  return statements.flatMap((statement) => {
    const { Sid: _, Condition, Action, ...rest } = statement;
    const widened = {
      ...rest,
      Action: Action.flatMap((action) => [action, ...(COVERED[action] ?? [])]),
      ...(Object.keys(Condition).length > 0 && { Condition }),
    };
    return [widened, ...removals(statement)];
  });
}

/**
 * A request can remove many objects. IAM checks each of them; the emulator checks the bucket once.
 * The policy evaluation of the tests checks each object.
 */
function removals({ Effect, Action, Resource }: Statement): readonly unknown[] {
  if (Effect === 'Deny' || !Action.includes('s3:DeleteObject')) return [];
  return [
    {
      Effect,
      Action: ['s3:DeleteObjects'],
      Resource: Resource.map((resource) => resource.split('/')[0]),
    },
  ];
}
