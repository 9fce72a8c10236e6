/**
 * The stored data: the tables of runs and of the cache, the bucket of objects, and the secret from
 * which the tokens of attempts derive.
 *
 * 1. Content-addressed code (`code/`) does not expire by age. Only objects of runs expire, later
 *    than every record that refers to them (`objectExpirations`).
 * 2. When the stack is deleted, all data is retained, unless the configuration sets `destroy`. Data
 *    of a deployment that fails while it creates the stack is deleted, so that the deployment can be
 *    repeated.
 * 3. No name is fixed here: a new stack could not create what an earlier one left (docs/deploying.md
 *    describes how it adopts that data).
 *
 * @module
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DeployedSettings } from '../src/aws/deployment/settings.ts';
import {
  type DeploymentTable,
  forEachTable,
  type TableName,
  type TableSetting,
  tableSettings,
} from '../src/aws/deployment/table-schemas.ts';
import { objectExpirations } from '../src/model/object-layout.ts';
import type { Retention } from '../src/model/retention.ts';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { encryptedBy, keyOf } from './encryption.ts';

/** The days that functions need to know. */
export const retentionOf = ({ retention }: Configuration): Retention => {
  const { activeDays, runDays, reuseDays } = retention;
  return { activeDays, runDays, reuseDays };
};

/** What happens to data when its stack is deleted (rule 2). */
export const removalPolicyOf = ({ retention }: Configuration): RemovalPolicy =>
  retention.onDelete === 'retain'
    ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    : RemovalPolicy.DESTROY;

export class Storage extends Construct {
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly bucket: Bucket;
  readonly secret: Secret;

  constructor(scope: Construct, id: string, config: Configuration) {
    super(scope, id);
    const key = keyOf(this, config);
    const removalPolicy = removalPolicyOf(config);

    this.tables = forEachTable((table) => this.#table(table, config, key));

    this.bucket = new Bucket(this, 'Bucket', {
      removalPolicy,
      // A key of the bucket saves most requests to KMS.
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        { id: 'incomplete-uploads', abortIncompleteMultipartUploadAfter: Duration.days(2) },
        ...objectExpirations(retentionOf(config), config.retention.publishedDays).map(
          ({ id, prefix, days }) => ({
            id,
            prefix,
            expiration: Duration.days(days),
          }),
        ),
      ],
    });
    // Its policy, which requires TLS, is retained with the bucket.
    this.bucket.policy?.applyRemovalPolicy(removalPolicy);
    acknowledge(this.bucket, {
      'AwsSolutions-S1':
        'Access logs would write one object for every object. To audit reads, enable data events of CloudTrail for this bucket.',
    });

    this.secret = new Secret(this, 'Tokens', {
      description:
        'Tokens of attempts and authentication of control messages derive from this text.',
      ...encryptedBy(key),
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    });
    acknowledge(this.secret, {
      'AwsSolutions-SMG4':
        'Rotation would invalidate the tokens of running attempts. A token is valid for one attempt only, and expires with it.',
    });
  }

  /** The settings by which functions find the tables, the bucket and the secret. */
  get settings(): Pick<DeployedSettings, TableSetting | 'bucket' | 'secretArn'> {
    return {
      ...tableSettings((table) => this.tables[table].tableName),
      bucket: this.bucket.bucketName,
      secretArn: this.secret.secretArn,
    };
  }

  #table(
    { constructId, schema }: DeploymentTable,
    config: Configuration,
    encryptionKey: IKey | undefined,
  ): Table {
    const { partitionKey, sortKey, timeToLive, indexes } = schema;
    const key = (name: string) => ({ name, type: AttributeType.STRING });
    const table = new Table(this, constructId, {
      partitionKey: key(partitionKey),
      sortKey: key(sortKey),
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: timeToLive,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: config.retention.deletionProtection,
      removalPolicy: removalPolicyOf(config),
      ...(encryptionKey !== undefined && {
        encryption: TableEncryption.CUSTOMER_MANAGED,
        encryptionKey,
      }),
    });
    for (const index of indexes) {
      table.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: key(index.partitionKey),
        sortKey: key(index.sortKey),
        projectionType: ProjectionType.INCLUDE,
        nonKeyAttributes: [...index.attributes],
      });
    }
    return table;
  }
}
