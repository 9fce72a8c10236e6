/**
 * The job queues of AWS Batch: one for each configured queue of it, with a compute environment of its
 * own or a shared one.
 *
 * 1. A compute environment is updated in place and never replaced, so that running jobs continue.
 *    Tags of queues and compute environments can be set at creation only: neither has tags, also
 *    none of the app around the stack. Machines have tags.
 * 2. A job that cannot start for a permanent reason is cancelled, and its step fails. One of these
 *    reasons (no instance type is large enough) also appears for a moment while machines are added,
 *    so it must persist for half an hour.
 * 3. A release of Headrace refreshes the images of machines: Batch replaces an image only while it
 *    updates the infrastructure of a compute environment, and a changed tag of the machines is such
 *    an update. Running jobs have six hours to end, which is the longest time that Batch accepts.
 * 4. A step on EC2 can obtain the credentials of its machine. The machine's role therefore has only
 *    the permissions that the agent needs: the managed policy of AWS also allows writing to every
 *    log of the account and creating clusters.
 *
 * @module
 */
import { Stack } from 'aws-cdk-lib';
import { CfnComputeEnvironment, CfnJobQueue } from 'aws-cdk-lib/aws-batch';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { CfnInstanceProfile, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { jobQueueName } from '../src/aws/deployment/resource-names.ts';
import type {
  BatchQueueSettings,
  LambdaQueueSettings,
  QueueSettings,
} from '../src/aws/deployment/settings.ts';
import { headraceVersion } from '../src/submit/package-version.ts';
import type { Configuration } from './config.ts';
import { grant } from './grant.ts';
import type { Network } from './network.ts';

type Queue = Configuration['queues'][string];
type OwnQueue = Exclude<Queue, { type: 'shared' | 'lambda' }>;
type Ec2Queue = Extract<OwnQueue, { type: 'ec2' }>;

const HOUR_SECONDS = 3600;

/** All reasons for which Batch can act. It accepts between 10 minutes and 24 hours. */
const TIME_LIMITS = [
  { reason: 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE', maxTimeSeconds: HOUR_SECONDS / 2 },
  { reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', maxTimeSeconds: HOUR_SECONDS / 2 },
  {
    reason: 'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED',
    maxTimeSeconds: HOUR_SECONDS / 2,
  },
  { reason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY', maxTimeSeconds: 24 * HOUR_SECONDS },
].map((limit) => ({ ...limit, state: 'RUNNABLE', action: 'CANCEL' }));

/** Rule 3. */
const UPDATE_POLICY = { terminateJobsOnUpdate: false, jobExecutionTimeoutMinutes: 360 };
/** The tag of machines that names the release of Headrace (rule 3). */
const VERSION_TAG = 'headrace:version';

/** The root device of the machine images of ECS on Amazon Linux 2023. */
const ROOT_DEVICE = '/dev/xvda';

/** The actions of the ECS agent on a machine. */
const AGENT_CLUSTER_ACTIONS = [
  'ecs:DeregisterContainerInstance',
  'ecs:RegisterContainerInstance',
  'ecs:SubmitAttachmentStateChanges',
  'ecs:SubmitContainerStateChange',
  'ecs:SubmitTaskStateChange',
];
const AGENT_MACHINE_ACTIONS = [
  'ecs:Poll',
  'ecs:StartTelemetrySession',
  'ecs:UpdateContainerInstancesState',
  'ecs:PutSystemLogEvents',
];
const AGENT_UNSCOPED_ACTIONS = ['ecs:DiscoverPollEndpoint', 'ecr:GetAuthorizationToken'];
/** Permissions to pull the images of steps. */
const PULL_IMAGE_ACTIONS = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
];

const MACHINE_ID_REASON = 'ECS assigns the id of a machine when it registers.';

/** The right to pull images of the own account and region, and of the configured repositories. */
export function allowPull(role: Role, { imageRepositories }: Configuration): void {
  const { partition, region, account } = Stack.of(role);
  grant(role, {
    sid: 'Pull',
    actions: PULL_IMAGE_ACTIONS,
    resources: [`arn:${partition}:ecr:${region}:${account}:repository/*`, ...imageRepositories],
    reason:
      "The author of a step chooses among the account's images and those of the configuration.",
  });
}

export class Queues extends Construct {
  readonly arns: readonly string[];
  /** The settings of each queue for the functions, of queues on Lambda too. */
  readonly settings: Readonly<Record<string, QueueSettings>>;
  readonly #config: Configuration;
  readonly #network: Network;
  #instanceProfile: CfnInstanceProfile | undefined;

  constructor(scope: Construct, id: string, config: Configuration, network: Network) {
    super(scope, id);
    this.#config = config;
    this.#network = network;
    const environments = new Map<string, string>();
    const settings: Record<string, BatchQueueSettings> = {};
    const lambdaSettings: Record<string, LambdaQueueSettings> = {};
    for (const [name, queue] of Object.entries(config.queues)) {
      if (queue.type === 'shared') continue;
      if (queue.type === 'lambda') {
        const { timeoutSeconds, maxConcurrency, memoryMiB } = queue;
        lambdaSettings[name] = { platform: 'lambda', timeoutSeconds, maxConcurrency, memoryMiB };
        continue;
      }
      environments.set(name, this.#environment(name, queue).ref);
      settings[name] = {
        platform: queue.type,
        spot: queue.spot,
        gpu: queue.type === 'ec2' && queue.gpu,
        ...(queue.type === 'ec2' && { diskGiB: queue.diskGiB }),
      };
    }

    this.arns = Object.entries(config.queues).flatMap(([name, queue]) => {
      if (queue.type === 'lambda') return [];
      const owner = queue.type === 'shared' ? queue.with : name;
      const environment = environments.get(owner);
      const ownerSettings = settings[owner];
      if (environment === undefined || ownerSettings === undefined)
        throw new Error(`the queue ${owner} has no compute environment`);
      settings[name] = ownerSettings;
      const jobQueue = new CfnJobQueue(this, `Queue-${name}`, {
        jobQueueName: jobQueueName(config.prefix, name),
        priority: queue.priority,
        state: 'ENABLED',
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: environment }],
        jobStateTimeLimitActions: TIME_LIMITS,
      });
      jobQueue.addPropertyDeletionOverride('Tags');
      return jobQueue.attrJobQueueArn;
    });
    this.settings = { ...settings, ...lambdaSettings };
  }

  #environment(name: string, queue: OwnQueue): CfnComputeEnvironment {
    const { subnetIds, securityGroupIds } = this.#network;
    const commonResources = {
      subnets: [...subnetIds],
      securityGroupIds: [...securityGroupIds],
      maxvCpus: queue.maxVcpus,
    };
    const computeResources =
      queue.type === 'fargate'
        ? { ...commonResources, type: queue.spot ? 'FARGATE_SPOT' : 'FARGATE' }
        : { ...commonResources, ...this.#machines(name, queue) };
    const environment = new CfnComputeEnvironment(this, `Environment-${name}`, {
      type: 'MANAGED',
      state: 'ENABLED',
      replaceComputeEnvironment: false,
      computeResources,
      ...(queue.type === 'ec2' && { updatePolicy: UPDATE_POLICY }),
    });
    environment.addPropertyDeletionOverride('Tags');
    return environment;
  }

  #machines(name: string, { spot, gpu, instanceTypes, diskGiB }: Ec2Queue) {
    const { prefix, tags, encryption } = this.#config;
    const template = new CfnLaunchTemplate(this, `Machine-${name}`, {
      launchTemplateData: {
        blockDeviceMappings: [
          {
            deviceName: ROOT_DEVICE,
            ebs: {
              volumeType: 'gp3',
              volumeSize: diskGiB,
              encrypted: true,
              ...(encryption !== undefined && { kmsKeyId: encryption.keyArn }),
              deleteOnTermination: true,
            },
          },
        ],
        // A request needs a token, which is not forwarded: a request that a step was tricked into
        // sending has none. The step itself can get one, because containers of Batch share their
        // machine's network. On EC2 a role for each project therefore protects against mistakes,
        // not against malicious code (docs/deploying.md).
        metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
        monitoring: { enabled: false },
      },
    });
    return {
      type: spot ? 'SPOT' : 'EC2',
      allocationStrategy: spot ? 'SPOT_PRICE_CAPACITY_OPTIMIZED' : 'BEST_FIT_PROGRESSIVE',
      minvCpus: 0,
      instanceTypes,
      instanceRole: this.#profile().attrArn,
      ec2Configuration: [{ imageType: gpu ? 'ECS_AL2023_NVIDIA' : 'ECS_AL2023' }],
      launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
      updateToLatestImageVersion: true,
      tags: { Name: `${prefix}-${name}`, ...tags, [VERSION_TAG]: headraceVersion() },
    };
  }

  /** One profile for all machines, created for the first queue that needs it. */
  #profile(): CfnInstanceProfile {
    if (this.#instanceProfile !== undefined) return this.#instanceProfile;
    const role = new Role(this, 'MachineRole', {
      description: 'Headrace: the ECS agent on machines of steps',
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    });
    const { partition, region, account } = Stack.of(this);
    const arn = (service: string, resource: string) =>
      `arn:${partition}:${service}:${region}:${account}:${resource}`;
    grant(role, {
      sid: 'Cluster',
      actions: AGENT_CLUSTER_ACTIONS,
      resources: [arn('ecs', 'cluster/*')],
      reason: 'Batch names the cluster of a compute environment when it creates it.',
    });
    // The agent needs it to register with tags, and may tag nothing but what it registers.
    grant(role, {
      sid: 'RegisterWithTags',
      actions: ['ecs:TagResource'],
      resources: [arn('ecs', 'container-instance/*')],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RegisterContainerInstance' } },
      reason: MACHINE_ID_REASON,
    });
    grant(role, {
      sid: 'Machine',
      actions: AGENT_MACHINE_ACTIONS,
      resources: [arn('ecs', 'container-instance/*')],
      reason: MACHINE_ID_REASON,
    });
    allowPull(role, this.#config);
    grant(role, {
      sid: 'Find',
      actions: AGENT_UNSCOPED_ACTIONS,
      resources: ['*'],
      reason: 'These two actions accept * only.',
    });
    this.#instanceProfile = new CfnInstanceProfile(this, 'MachineProfile', {
      roles: [role.roleName],
    });
    return this.#instanceProfile;
  }
}
