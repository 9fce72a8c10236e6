/**
 * The roles of steps: one for each project that the configuration declares, one for all other
 * projects, and the execution role under which their containers start.
 *
 * 1. A step writes below `p/<project>/data/` and `o/<project>/data/` only. It reads the data and specs of its project,
 *    reads code by its hash, and sends transitions. It has no access to tables, to the history or
 *    to other projects. Each project needs its own role, because roles of ECS tasks carry no
 *    session tags.
 * 2. A star in a policy also matches slashes, so that the data of any project would include keys
 *    below `p/a/history/b/data/`. What no step may read or write is therefore denied as well.
 * 3. The shared role covers every project without a role, and denies access to the declared ones by
 *    name.
 *
 * @module
 */
import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import {
  Effect,
  ManagedPolicy,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { executionRoleName, stepRoleName } from '../src/aws/deployment/resource-names.ts';
import {
  ANY_PROJECTS_PATTERN,
  CODE_PREFIX,
  kindPrefix,
  PROJECTS_PREFIX,
  projectPrefix,
} from '../src/model/object-layout.ts';
import type { Configuration } from './config.ts';
import { encryptedBy, keyOf } from './encryption.ts';
import { grant, READ_OBJECTS, WRITE_OBJECTS } from './grant.ts';
import { allowPull } from './queues.ts';
import { removalPolicyOf, type Storage } from './storage.ts';
import type { TransitionQueues } from './transitions.ts';

const SHARED_ROLE_PROJECT = 'default';

/** What is denied to the steps of every project (rule 2). */
const NEVER = [
  { sid: 'NeverRead', actions: READ_OBJECTS, kinds: ['history'] },
  { sid: 'NeverWrite', actions: WRITE_OBJECTS, kinds: ['spec', 'history'] },
] as const;

/** Characters of the resources in one part of a denial: IAM allows 6,144 in a policy. */
const DENIED_CHARACTERS = 5000;
/** `arn:aws-us-gov:s3:::`, the longest name of a bucket, and what JSON adds. */
const OBJECT_ARN_CHARACTERS = 90;

/** Splits texts so that the ARNs of objects with these keys have `limit` characters in each part. */
function partsOf(keys: readonly string[], limit: number): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let room = 0;
  for (const key of keys) {
    const size = key.length + OBJECT_ARN_CHARACTERS;
    const last = parts.at(-1);
    if (last === undefined || size > room) {
      parts.push([key]);
      room = limit - size;
    } else {
      last.push(key);
      room -= size;
    }
  }
  return parts;
}

export class Projects extends Construct {
  readonly stepRoles: Readonly<Record<string, Role>>;
  readonly executionRole: Role;
  readonly logGroup: LogGroup;
  readonly #storage: Storage;
  readonly #transitions: TransitionQueues;
  readonly #key: IKey | undefined;

  constructor(
    scope: Construct,
    id: string,
    config: Configuration,
    storage: Storage,
    transitions: TransitionQueues,
  ) {
    super(scope, id);
    this.#storage = storage;
    this.#transitions = transitions;
    this.#key = keyOf(this, config);
    this.logGroup = new LogGroup(this, 'Logs', {
      ...encryptedBy(this.#key),
      retention: config.retention.logDays,
      removalPolicy: removalPolicyOf(config),
    });
    this.executionRole = this.#executionRole(config);

    const declared = Object.keys(config.projects);
    const roles: Record<string, Role> = {
      [SHARED_ROLE_PROJECT]: this.#stepRole(config, SHARED_ROLE_PROJECT, (root) => `${root}*/`),
    };
    for (const project of declared)
      roles[project] = this.#stepRole(config, project, (root) => projectPrefix(project, root));
    this.stepRoles = roles;
    this.#denyDeclared(declared);
  }

  /**
   * Denies the shared role the objects of declared projects. Their names can be longer than one
   * policy: from the second part on, each part is a policy of its own.
   */
  #denyDeclared(projects: readonly string[]): void {
    const role = this.stepRoles[SHARED_ROLE_PROJECT];
    const patterns = projects.map((project) => `${projectPrefix(project, ANY_PROJECTS_PATTERN)}*`);
    for (const [index, part] of partsOf(patterns, DENIED_CHARACTERS).entries()) {
      const statement = new PolicyStatement({
        sid: 'NotDeclared',
        effect: Effect.DENY,
        actions: [...READ_OBJECTS, ...WRITE_OBJECTS],
        resources: part.map((pattern) => this.#storage.bucket.arnForObjects(pattern)),
      });
      if (index === 0) role?.addToPolicy(statement);
      else if (role !== undefined)
        new ManagedPolicy(this, `NotDeclared${index + 1}`, {
          description: 'Headrace: projects with a role of their own',
          statements: [statement],
          roles: [role],
        });
    }
  }

  #principal(): ServicePrincipal {
    const { account, partition, region } = Stack.of(this);
    return new ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:ecs:${region}:${account}:*` },
      },
    });
  }

  /** @param folderOf the prefix of the project, or a pattern of prefixes, below a prefix of projects */
  #stepRole(config: Configuration, project: string, folderOf: (root: string) => string): Role {
    const { bucket } = this.#storage;
    const { region } = Stack.of(this);
    const role = new Role(this, `Step-${project}`, {
      roleName: stepRoleName({ ...config, region }, project),
      description:
        project === SHARED_ROLE_PROJECT
          ? 'Headrace: steps of projects without a role of their own'
          : `Headrace: steps of ${encodeURIComponent(project)}`.slice(0, 200),
      assumedBy: this.#principal(),
    });
    const key = this.#key;
    // One pattern for both prefixes: the names of projects fill the policies of IAM.
    const data = bucket.arnForObjects(`${kindPrefix(folderOf(ANY_PROJECTS_PATTERN), 'data')}*`);
    const readable = [
      bucket.arnForObjects(`${CODE_PREFIX}*`),
      bucket.arnForObjects(`${kindPrefix(folderOf(PROJECTS_PREFIX), 'spec')}*`),
      data,
    ];
    const reason =
      "Objects of later runs have no names yet: the wildcard is below the project's own folders, and code is named by its hash.";
    grant(role, { sid: 'Read', actions: READ_OBJECTS, resources: readable, reason, key });
    grant(role, { sid: 'Write', actions: WRITE_OBJECTS, resources: [data], reason, key });
    for (const { sid, actions, kinds } of NEVER)
      role.addToPolicy(
        new PolicyStatement({
          sid,
          effect: Effect.DENY,
          actions: [...actions],
          resources: kinds.map((kind) =>
            bucket.arnForObjects(`${kindPrefix(`${ANY_PROJECTS_PATTERN}*/`, kind)}*`),
          ),
        }),
      );
    grant(role, {
      sid: 'SendTransitions',
      actions: ['sqs:SendMessage'],
      resources: [this.#transitions.queues.transitions.queueArn],
      key,
    });
    const { secrets = [], policies = [] } = config.projects[project] ?? {};
    if (secrets.length > 0)
      grant(role, {
        sid: 'Secrets',
        actions: ['secretsmanager:GetSecretValue'],
        resources: secrets.map((name) => this.#secretArn(name)),
      });
    for (const [index, policy] of policies.entries()) {
      grant(role, {
        sid: `Policy${index}`,
        ...policy,
        reason: 'Granted by the configuration of the deployment (projects).',
      });
    }
    return role;
  }

  /** Secrets Manager appends six random characters to the ARN of a secret. */
  #secretArn(name: string): string {
    return Arn.format(
      {
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: `${name}-??????`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      Stack.of(this),
    );
  }

  #executionRole(config: Configuration): Role {
    const { region } = Stack.of(this);
    const role = new Role(this, 'Execution', {
      roleName: executionRoleName({ ...config, region }),
      description: 'Headrace: starts containers of steps (image, log)',
      assumedBy: this.#principal(),
    });
    grant(role, {
      sid: 'Logs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logGroup.logGroupArn],
    });
    allowPull(role, config);
    grant(role, {
      sid: 'Login',
      actions: ['ecr:GetAuthorizationToken'],
      resources: ['*'],
      reason: 'The action accepts * only.',
    });
    return role;
  }
}
