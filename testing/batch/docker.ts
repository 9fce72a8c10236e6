/**
 * Runs containers with a Docker engine.
 *
 * 1. A container's memory limit is hard, as in ECS: a container above it is killed (137) with the
 *    reason OutOfMemoryError.
 * 2. The containers and volumes of a task are removed when it ends or when the emulator is closed.
 *
 * @module
 */
import { z } from 'zod';
import { DockerEngine, EngineError } from './docker-engine.ts';
import type {
  ContainerExit,
  ContainerPlan,
  Executor,
  RunningContainer,
  TaskPlan,
  TaskRuntime,
} from './executor.ts';

export interface DockerOptions {
  /** Default: DOCKER_HOST, or `unix:///var/run/docker.sock`. */
  readonly host?: string;
  /** Default: `host`, in which containers reach services on this machine's loopback interface. */
  readonly network?: string;
  /** The engine's image for a definition's image, if they differ. */
  readonly images?: Readonly<Record<string, string>>;
}

const createdSchema = z.object({ Id: z.string() });
const stateSchema = z.object({
  State: z.object({ ExitCode: z.int(), OOMKilled: z.boolean(), Error: z.string() }),
});

const MIB = 2 ** 20;
/** ECS assigns 1,024 shares per vCPU: a weight, not a limit. */
const SHARES_PER_VCPU = 1024;
const LABEL = 'batch-emulator';

export function dockerExecutor({
  host,
  network = 'host',
  images = {},
}: DockerOptions = {}): Executor {
  const engine = new DockerEngine(host ?? process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock');
  const runtimes = new Set<DockerTaskRuntime>();
  return {
    name: 'docker',
    open: async (task) => {
      const runtime = new DockerTaskRuntime(engine, task, network, images, () =>
        runtimes.delete(runtime),
      );
      runtimes.add(runtime);
      await runtime.makeVolumes();
      return runtime;
    },
    close: async () => {
      await Promise.all([...runtimes].map((runtime) => runtime.kill()));
    },
  };
}

class DockerTaskRuntime implements TaskRuntime {
  readonly #engine: DockerEngine;
  readonly #task: TaskPlan;
  readonly #network: string;
  readonly #images: Readonly<Record<string, string>>;
  readonly #onRemoved: () => void;
  readonly #containers: string[] = [];
  readonly #volumes: string[] = [];

  constructor(
    engine: DockerEngine,
    task: TaskPlan,
    network: string,
    images: Readonly<Record<string, string>>,
    onRemoved: () => void,
  ) {
    this.#engine = engine;
    this.#task = task;
    this.#network = network;
    this.#images = images;
    this.#onRemoved = onRemoved;
  }

  async makeVolumes(): Promise<void> {
    for (const { name = '', host } of this.#task.volumes) {
      if (host?.sourcePath !== undefined) continue;
      const Name = this.#volumeName(name);
      await this.#engine.call('POST', '/volumes/create', {
        Name,
        Labels: { [LABEL]: this.#task.taskId },
      });
      this.#volumes.push(Name);
    }
  }

  readonly #volumeName = (name: string): string => `${LABEL}-${this.#task.taskId}-${name}`;

  async start(plan: ContainerPlan, write: (line: string) => void): Promise<RunningContainer> {
    const image = this.#images[plan.image] ?? plan.image;
    await this.#pull(image);
    const name = `${LABEL}-${this.#task.taskId}-${plan.name}`;
    const { Id } = createdSchema.parse(
      await this.#engine
        .call('POST', `/containers/create?name=${name}`, this.#settings(image, plan))
        .catch((error) => {
          throw new Error(`CannotCreateContainerError: ${messageOf(error)}`);
        }),
    );
    this.#containers.push(Id);
    // Attached before the start: the engine's logs, requested later, may lack the last lines of a
    // container that exits soon.
    const output = await this.#engine.attach(Id, write);
    const ended = this.#exitOf(Id, output.ended);
    await this.#engine.call('POST', `/containers/${Id}/start`).catch((error) => {
      throw new Error(`CannotStartContainerError: ${messageOf(error)}`);
    });
    return {
      ended,
      // An error means that the container has already exited.
      signal: (signal) =>
        void this.#engine
          .call('POST', `/containers/${Id}/kill?signal=${signal}`)
          .catch(() => undefined),
    };
  }

  async #pull(image: string): Promise<void> {
    try {
      await this.#engine.call('GET', `/images/${encodeURIComponent(image)}/json`);
      return;
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== 404)
        throw new Error(`CannotPullContainerError: ${messageOf(error)}`);
    }
    const tagged = /:[^/]+$|@/u.test(image) ? image : `${image}:latest`;
    const pulled = await this.#engine
      .call('POST', `/images/create?fromImage=${encodeURIComponent(tagged)}`)
      .catch((error) => {
        throw new Error(`CannotPullContainerError: ${messageOf(error)}`);
      });
    const failure = z.object({ error: z.string() }).safeParse(pulled);
    if (failure.success) throw new Error(`CannotPullContainerError: ${failure.data.error}`);
  }

  #settings(image: string, plan: ContainerPlan): object {
    const { linuxParameters = {}, ulimits = [] } = plan;
    const bytes = plan.memoryMiB * MIB;
    return {
      Image: image,
      ...(plan.command !== undefined && { Cmd: plan.command }),
      Env: Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`),
      ...(plan.user !== undefined && { User: plan.user }),
      Labels: { [LABEL]: this.#task.taskId },
      HostConfig: {
        NetworkMode: this.#network,
        Memory: bytes,
        // Without this limit the container would swap instead of being killed.
        MemorySwap: bytes + (linuxParameters.maxSwap ?? 0) * MIB,
        CpuShares: Math.round(plan.vcpus * SHARES_PER_VCPU),
        Binds: this.#binds(plan),
        Privileged: plan.privileged ?? false,
        ReadonlyRootfs: plan.readonlyRootFilesystem ?? false,
        Init: linuxParameters.initProcessEnabled ?? false,
        ...(linuxParameters.sharedMemorySize !== undefined && {
          ShmSize: linuxParameters.sharedMemorySize * MIB,
        }),
        Tmpfs: Object.fromEntries(
          (linuxParameters.tmpfs ?? []).map(({ containerPath, size, mountOptions = [] }) => [
            containerPath,
            [...mountOptions, `size=${size}m`].join(','),
          ]),
        ),
        Devices: (linuxParameters.devices ?? []).map(
          ({ hostPath, containerPath = hostPath, permissions = ['READ', 'WRITE', 'MKNOD'] }) => ({
            PathOnHost: hostPath,
            PathInContainer: containerPath,
            CgroupPermissions: permissions
              .map((permission) => permission[0]?.toLowerCase())
              .join(''),
          }),
        ),
        Ulimits: ulimits.map(({ name, softLimit, hardLimit }) => ({
          Name: name,
          Soft: softLimit,
          Hard: hardLimit,
        })),
        ...(plan.gpus > 0 && {
          DeviceRequests: [{ Driver: 'nvidia', Count: plan.gpus, Capabilities: [['gpu']] }],
        }),
      },
    };
  }

  #binds({ mountPoints }: ContainerPlan): readonly string[] {
    return mountPoints.flatMap(({ containerPath, sourceVolume = '', readOnly = false }) => {
      const volume = this.#task.volumes.find(({ name = '' }) => name === sourceVolume);
      if (volume === undefined || containerPath === undefined)
        throw new Error(
          `CannotCreateContainerError: mount point ${containerPath} names volume ${sourceVolume}, which the task does not have`,
        );
      return [
        `${volume.host?.sourcePath ?? this.#volumeName(sourceVolume)}:${containerPath}${readOnly ? ':ro' : ''}`,
      ];
    });
  }

  async #exitOf(id: string, output: Promise<void>): Promise<ContainerExit> {
    try {
      await output;
      await this.#engine.call('POST', `/containers/${id}/wait`);
      const { State } = stateSchema.parse(await this.#engine.call('GET', `/containers/${id}/json`));
      if (State.OOMKilled && State.ExitCode !== 0)
        return {
          exitCode: State.ExitCode,
          reason: 'OutOfMemoryError: Container killed due to memory usage',
        };
      return { exitCode: State.ExitCode, ...(State.Error !== '' && { reason: State.Error }) };
    } catch (error) {
      return { exitCode: undefined, reason: `DockerStateError: ${messageOf(error)}` };
    }
  }

  async remove(): Promise<void> {
    for (const id of this.#containers)
      await this.#engine.call('DELETE', `/containers/${id}?force=1&v=1`).catch(() => undefined);
    for (const name of this.#volumes)
      await this.#engine
        .call('DELETE', `/volumes/${encodeURIComponent(name)}?force=1`)
        .catch(() => undefined);
    this.#onRemoved();
  }

  async kill(): Promise<void> {
    await Promise.all(
      this.#containers.map((id) =>
        this.#engine.call('POST', `/containers/${id}/kill`).catch(() => undefined),
      ),
    );
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
