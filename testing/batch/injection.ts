/**
 * The variables that the platform adds to a container's environment: those of Batch, the job role's
 * credentials, secrets.
 *
 * 1. Credentials are served as in ECS: at a URL that the SDK requests, while the task runs. A job
 *    without a role has no credentials.
 * 2. A secret that cannot be read prevents the start of the task.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { ArnScope } from './arns.ts';
import { batchVariables, type Injection, type Injector } from './attempt.ts';
import { isFargate } from './compute.ts';
import type { AttemptRecord, Job } from './job.ts';
import { DEFAULT_CONTAINER } from './resolve.ts';
import type { TaskContainer } from './shapes.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Reads a secret by its `valueFrom`: the ARN of a secret or parameter. Rejects if it cannot be
 * read.
 */
export type SecretReader = (valueFrom: string) => Promise<string>;

export interface InjectionOptions {
  readonly scope: ArnScope;
  /** Returns the emulator's URL for containers. */
  readonly url: () => string;
  /** Variables of every container, such as the endpoints of other emulated services. */
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: (roleArn: string) => RoleCredentials;
  readonly secrets: SecretReader | undefined;
}

const STATIC_CREDENTIALS = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
]);
const LIFETIME_MS = 6 * 3600 * 1000;

/** Credentials for emulators that do not check them: a different but constant pair per role. */
export function fakeCredentials(roleArn: string): RoleCredentials {
  const hash = createHash('sha256').update(roleArn).digest('hex').toUpperCase();
  return {
    accessKeyId: `ASIA${hash.slice(0, 16)}`,
    secretAccessKey: hash.slice(16, 56),
    sessionToken: `role:${roleArn}`,
  };
}

export class Injections implements Injector {
  readonly #options: InjectionOptions;
  readonly #roles = new Map<string, string>();
  readonly #tasks = new Map<string, Job>();

  constructor(options: InjectionOptions) {
    this.#options = options;
  }

  async inject(job: Job, attempt: AttemptRecord, container: TaskContainer): Promise<Injection> {
    const { scope, environment, url } = this.#options;
    const { properties } = job.spec;
    const role =
      properties.form === 'ecs' ? properties.task.taskRoleArn : properties.container.jobRoleArn;
    if (role !== undefined) this.#roles.set(attempt.taskId, role);
    this.#tasks.set(attempt.taskId, job);
    // The SDK prefers these variables to the role's credentials.
    const base =
      role === undefined
        ? environment
        : Object.fromEntries(
            Object.entries(environment).filter(([variable]) => !STATIC_CREDENTIALS.has(variable)),
          );
    const fargate = job.environment !== undefined && isFargate(job.environment);
    const name = container.name ?? DEFAULT_CONTAINER;
    return {
      base: {
        AWS_REGION: scope.region,
        AWS_DEFAULT_REGION: scope.region,
        AWS_EXECUTION_ENV: fargate ? 'AWS_ECS_FARGATE' : 'AWS_ECS_EC2',
        ECS_CONTAINER_METADATA_URI_V4: `${url()}/_batch/tasks/${attempt.taskId}/containers/${name}`,
        ...base,
      },
      over: {
        ...(role !== undefined && {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url()}/_batch/tasks/${attempt.taskId}/credentials`,
        }),
        ...(await this.#secretsOf(container)),
        ...batchVariables(job),
      },
    };
  }

  async #secretsOf({ secrets = [] }: TaskContainer): Promise<Readonly<Record<string, string>>> {
    const { secrets: read } = this.#options;
    const values = await Promise.all(
      secrets.map(async ({ name, valueFrom }) => {
        try {
          if (read === undefined)
            throw new Error('the emulator has no option `secrets`, which reads them');
          return [name, await read(valueFrom)] as const;
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new Error(
            `ResourceInitializationError: unable to pull secrets or registry auth: ${valueFrom}: ${reason}`,
          );
        }
      }),
    );
    return Object.fromEntries(values);
  }

  forget({ taskId }: AttemptRecord): void {
    this.#roles.delete(taskId);
    this.#tasks.delete(taskId);
  }

  /** The answer to the SDK's container provider; `undefined` when the task has ended. */
  credentialsOf(taskId: string): object | undefined {
    const role = this.#roles.get(taskId);
    if (role === undefined) return undefined;
    const { accessKeyId, secretAccessKey, sessionToken } = this.#options.credentials(role);
    const expiration = new Date(Date.now() + LIFETIME_MS).toISOString();
    return {
      RoleArn: role,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: sessionToken ?? '',
      Expiration: expiration,
    };
  }

  /** The part of ECS's task metadata that containers use. */
  metadataOf(taskId: string, containerName: string | undefined): object | undefined {
    const attempt = this.#tasks.get(taskId)?.attempt;
    if (attempt === undefined) return undefined;
    const containers = attempt.containers.map(({ name, logStreamName }) => ({
      Name: name,
      LogDriver: 'awslogs',
      LogOptions: { 'awslogs-stream': logStreamName },
    }));
    if (containerName === undefined) return { TaskARN: attempt.taskArn, Containers: containers };
    return containers.find(({ Name }) => Name === containerName);
  }
}
