/**
 * The schema of the configuration: its shape, its defaults, and a message for every mistake.
 *
 * @module
 */

import { z } from 'zod';
import { recordOf } from '../src/model/json.ts';
import { computePricesSchema } from '../src/model/list-prices.ts';
import { objectDays } from '../src/model/retention.ts';
import { ARN_PATTERN, apiSchema } from './api-schema.ts';
import { MAX_NOTIFICATIONS, notificationSchema } from './notification-schema.ts';
import { projectNameSchema, projectSchema } from './project-schema.ts';
import { queueSchema } from './queue-schema.ts';

/** The first part of the names of roles, which have 64 characters at most, and of queues. */
const PREFIX_PATTERN = /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/;
const REPOSITORY_ARN_PATTERN =
  /^arn:aws[a-z-]*:ecr:[a-z]{2}[a-z-]*-\d+:\d{12}:repository\/[a-z0-9*][a-z0-9*._/-]*$/;
const KEY_ARN_PATTERN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;

/** Retention periods that CloudWatch offers. */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

const ownNetworkSchema = z.strictObject({
  type: z.literal('own'),
  cidr: z
    .string()
    .regex(
      /^\d+\.\d+\.\d+\.\d+\/(1[6-9]|2[0-4])$/,
      'a CIDR between /16 and /24, as in 10.42.0.0/16',
    )
    .default('10.42.0.0/16'),
  availabilityZones: z.int().min(1).max(3).default(2),
  /** Flow logs, with the retention of other logs. */
  flowLogs: z.boolean().default(false),
});

const givenNetworkSchema = z.strictObject({
  type: z.literal('given'),
  vpcId: z.string().regex(/^vpc-[0-9a-f]+$/, 'a VPC id reads vpc-0123…'),
  subnetIds: z
    .array(z.string().regex(/^subnet-[0-9a-f]+$/, 'a subnet id reads subnet-0123…'))
    .min(1),
  /** Default: one that accepts no incoming connection. */
  securityGroupIds: z
    .array(z.string().regex(/^sg-[0-9a-f]+$/, 'a security group id reads sg-0123…'))
    .default([]),
  /** True for public subnets. Private subnets need a route to ECR, S3, SQS and CloudWatch Logs. */
  assignPublicIp: z.boolean().default(false),
});

/** Instance types and families with AWS's own processors: a g follows the generation. */
const GRAVITON_PATTERN = /^(?:a1|[a-z]+\d+g[a-z]*)(?:\.|$)/;

const imageSchema = z.union([
  z.strictObject({ build: z.literal(true) }),
  z.strictObject({
    uri: z
      .string()
      .regex(/^[\w.:/@-]+$/, 'an image reads registry/name:tag or registry/name@sha256:…'),
  }),
]);

/**
 * A function of a queue on Lambda has five resources, and a stack 500 at most. Queues and projects
 * leave less room: `stack-limits.ts` counts what there is.
 */
const MAX_STEP_FUNCTIONS = 70;

const retentionDaysSchema = z.int().min(1).max(3650);

const TAG_PATTERN = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export const configSchema = z
  .strictObject({
    /**
     * The first part of the names of resources. Two deployments in one account and region need
     * different prefixes.
     */
    prefix: z
      .string()
      .regex(PREFIX_PATTERN, '2 to 20 lower-case letters, digits and dashes, a letter first')
      .default('headrace'),
    queues: recordOf(
      z
        .string()
        .regex(
          /^[A-Za-z0-9_ .-]{1,64}$/,
          'the name of a queue has up to 64 letters, digits, blanks, dots, dashes and underscores',
        ),
      queueSchema,
    ).default({ default: { type: 'fargate', spot: false, maxVcpus: 256, priority: 1 } }),
    /** The default resources of a step. */
    resources: z
      .strictObject({
        vcpus: z.number().positive().max(192),
        memoryMiB: z.int().min(512).max(3_145_728),
      })
      .default({ vcpus: 1, memoryMiB: 2048 }),
    /**
     * Seconds that a step waits in its queue before it fails, unless its component or pipeline sets
     * another limit.
     */
    queueTimeoutSeconds: z
      .int()
      .min(60)
      .max(30 * 86_400)
      .default(86_400),
    /**
     * The default image of steps: built from `runner/Dockerfile` when the stack is deployed, or one
     * in a registry.
     */
    image: imageSchema.default({ build: true }),
    /**
     * ARNs of repositories in other accounts or regions of ECR from which steps may pull images. A
     * star stands for any text in the name of a repository. All repositories of the deployment's
     * own account and region are allowed.
     */
    imageRepositories: z
      .array(
        z
          .string()
          .regex(
            REPOSITORY_ARN_PATTERN,
            'a repository reads arn:aws:ecr:region:account:repository/name, with its region and account',
          ),
      )
      .default([]),
    /**
     * The processor architecture of steps: the image is built for it, and Fargate provides it.
     * Queues on EC2 have the architecture of their instance types.
     */
    architecture: z.enum(['x86_64', 'arm64']).default('x86_64'),
    /**
     * Serves the web console from the API, below `/console/`. It needs an issuer of tokens: browsers
     * have no AWS credentials (`headrace console` has those of its user).
     */
    console: z.boolean().default(false),
    containers: z
      .strictObject({
        /**
         * Whether `dockerArgs` may give a step access to its machine on EC2: `--privileged`,
         * `--volume`, `--device`, `--ipc host` and `--pid host`.
         */
        hostAccess: z.enum(['refuse', 'allow'], { error: 'refuse or allow' }).default('refuse'),
      })
      .prefault({}),
    network: z
      .discriminatedUnion('type', [ownNetworkSchema, givenNetworkSchema])
      .prefault({ type: 'own' }),
    api: apiSchema.prefault({}),
    /** Projects with a step role of their own. All other projects share one role. */
    projects: recordOf(projectNameSchema, projectSchema.prefault({})).default({}),
    schedules: z
      .strictObject({
        /**
         * Buckets of this account and region whose new objects can start runs. Each bucket must
         * send its events to EventBridge.
         */
        buckets: z
          .array(
            z
              .string()
              .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket is required'),
          )
          .max(25, 'a rule has room for the names of 25 buckets')
          .default([]),
      })
      .prefault({}),
    retention: z
      .strictObject({
        /** Days for which a run is retained after its end. */
        runDays: retentionDaysSchema.default(90),
        /**
         * Days from the creation of a run for which it may be active, with all resumes. A run that
         * is active for longer fails. A rerun adopts its results.
         */
        activeDays: retentionDaysSchema.default(30),
        /**
         * Days from the creation of a run for which other runs use its results, by cache hits and
         * reruns. Objects are stored for `reuseDays + activeDays + runDays`, and some days more.
         */
        reuseDays: retentionDaysSchema.default(90),
        /**
         * Days for which models and artifacts of runs are stored, not less than all other objects.
         * Null: until their run is removed.
         */
        publishedDays: retentionDaysSchema.nullable().default(null),
        logDays: z
          .literal(LOG_RETENTION_DAYS, {
            error: `logs can be kept for ${LOG_RETENTION_DAYS.join(', ')} days`,
          })
          .default(30),
        /**
         * When the stack is deleted, stored data is retained (`retain`) or deleted
         * (`destroy`; the bucket only if it is empty).
         */
        onDelete: z.enum(['retain', 'destroy']).default('retain'),
        /**
         * DynamoDB rejects the deletion of the tables. To be enabled after the first deployment: a
         * failed one could not remove protected tables.
         */
        deletionProtection: z.boolean().default(false),
      })
      .prefault({}),
    /**
     * A key of KMS for the stored data, the messages, the logs and the notifications. Without it,
     * AWS encrypts them under its own keys.
     */
    encryption: z
      .strictObject({
        keyArn: z
          .string()
          .regex(
            KEY_ARN_PATTERN,
            'the ARN of a KMS key reads arn:aws:kms:region:account:key/id: an alias is not enough',
          ),
      })
      .optional(),
    alarms: z
      .strictObject({
        /** The address that receives alarms. */
        email: z.email('an e-mail address is required').optional(),
        topicArn: z.string().regex(ARN_PATTERN, 'an ARN is required').optional(),
      })
      .prefault({}),
    /** Messages about runs, by mail, to Slack or to a webhook. */
    notifications: z
      .array(notificationSchema)
      .max(
        MAX_NOTIFICATIONS,
        `a deployment has ${MAX_NOTIFICATIONS} notifications at most: add rules of your own to its bus`,
      )
      .default([]),
    observability: z
      .strictObject({
        /** Metrics of each method of the API, $0.30 a month each: the API as a whole has its own. */
        detailedMetrics: z.boolean().default(false),
        /**
         * Traces of X-Ray for functions and API, of one request a second and 5 % of all others
         * ($5 a million).
         */
        tracing: z.boolean().default(false),
      })
      .prefault({}),
    /**
     * `tenant`: an instance of the evaluator serves one project only. `function`: for regions
     * without Lambda's tenant isolation (`tenant-isolation.ts`).
     */
    evaluatorIsolation: z.enum(['tenant', 'function']).default('tenant'),
    /**
     * Dollars for estimates of costs: of another region, or with discounts. A price that is missing
     * is the list price of us-east-1 (docs/costs.md).
     */
    prices: computePricesSchema.optional(),
    /** The maximum number of concurrent controller instances. */
    controllerConcurrency: z.int().min(2).max(1000).default(100),
    /** Publishes events of steps, too ($1 a million). */
    stepEvents: z.boolean().default(false),
    tags: recordOf(
      z
        .string()
        .min(1)
        .max(128)
        .regex(TAG_PATTERN, 'a tag holds letters, digits, blanks and _.:/=+-@'),
      z.string().max(256).regex(TAG_PATTERN),
    ).default({}),
  })
  .superRefine(
    ({ console, queues, retention, api, network, projects, architecture, image }, context) => {
      const names = Object.keys(queues);
      const issue = (path: readonly PropertyKey[], message: string) =>
        context.addIssue({ code: 'custom', path: [...path], message });
      if (!names.includes('default'))
        issue(['queues'], 'a queue named default is needed for steps that name no queue');
      if (names.length > 50)
        issue(
          ['queues'],
          `${names.length} queues, but AWS Batch allows 50 in an account and region`,
        );
      if (names.includes('services'))
        issue(
          ['queues', 'services'],
          'services is the name of the built-in evaluator: choose another name for the queue',
        );
      for (const [name, queue] of Object.entries(queues)) {
        if (queue.type === 'ec2' && 'build' in image) {
          for (const [index, type] of queue.instanceTypes.entries()) {
            const typeArchitecture = GRAVITON_PATTERN.test(type) ? 'arm64' : 'x86_64';
            if (typeArchitecture === architecture) continue;
            issue(
              ['queues', name, 'instanceTypes', index],
              `${type} is ${typeArchitecture}, but the image of steps is built for ${architecture}: set architecture, or name an image for both`,
            );
          }
        }
        if (queue.type !== 'shared') continue;
        const other = Object.hasOwn(queues, queue.with) ? queues[queue.with] : undefined;
        if (other === undefined) issue(['queues', name, 'with'], `there is no queue ${queue.with}`);
        else if (other.type === 'shared' || other.type === 'lambda')
          issue(
            ['queues', name, 'with'],
            `the queue ${queue.with} has no compute environment of its own`,
          );
      }
      const functions =
        Object.values(queues).filter(({ type }) => type === 'lambda').length *
        (Object.keys(projects).length + 1);
      if (functions > MAX_STEP_FUNCTIONS)
        issue(
          ['queues'],
          `queues on Lambda have a function for each project with a role of its own and one for all others: these would be ${functions}, and a stack has room for ${MAX_STEP_FUNCTIONS}. Declare fewer such queues or projects, or make two deployments`,
        );
      const { publishedDays } = retention;
      if (publishedDays !== null && publishedDays < objectDays(retention))
        issue(
          ['retention', 'publishedDays'],
          `records refer to models for as long as to other objects, which are stored for ${objectDays(retention)} days: set at least as many, or null`,
        );
      if (api.endpoint === 'private' && network.type === 'given' && api.vpcEndpointIds.length === 0)
        issue(
          ['api', 'vpcEndpointIds'],
          'a private API in a given network needs the ids of the VPC endpoints that may call it',
        );
      if (api.endpoint === 'regional' && api.vpcEndpointIds.length > 0)
        issue(['api', 'vpcEndpointIds'], 'VPC endpoints belong to a private API');
      if (console && api.auth.type === 'iam')
        issue(
          ['console'],
          'a browser has no AWS credentials: set api.auth to an issuer of tokens (type oidc), or leave it out and run headrace console --profile NAME, which signs with the credentials of its user',
        );
      if (console && api.auth.type === 'oidc' && api.auth.client === undefined)
        issue(
          ['api', 'auth', 'client'],
          'the console signs in as a public client of the issuer: register one there, and set its id',
        );
      if (Object.hasOwn(projects, 'default'))
        issue(['projects', 'default'], 'default is the role of projects that are not declared');
      if (Object.keys(projects).length > 50)
        issue(
          ['projects'],
          'at most 50 projects can have a role of their own: the shared role must exclude each of them',
        );
    },
  );
