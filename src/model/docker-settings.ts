/**
 * The settings of a container that `dockerArgs` can express.
 *
 * @module
 */
import { HeadraceError } from './headrace-error.ts';

/** The requested settings. Sizes are in MiB. */
export interface DockerSettings {
  readonly vcpus?: number;
  readonly memoryMiB?: number;
  readonly gpus?: number;
  /** The size of the container's disk, in GiB. */
  readonly diskGiB?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly init?: boolean;
  readonly readOnly?: boolean;
  readonly privileged?: boolean;
  readonly sharedMemoryMiB?: number;
  /** The sum of memory and swap, as Docker counts it. */
  readonly memoryAndSwapMiB?: number;
  readonly swappiness?: number;
  readonly tmpfs: readonly {
    readonly path: string;
    readonly sizeMiB: number;
    readonly options: readonly string[];
  }[];
  readonly devices: readonly {
    readonly host: string;
    readonly container: string;
    readonly permissions: readonly ('READ' | 'WRITE' | 'MKNOD')[];
  }[];
  readonly ulimits: readonly {
    readonly name: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  readonly volumes: readonly {
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  readonly ipc?: 'host' | 'none';
  readonly pid?: 'host';
  readonly architecture?: 'X86_64' | 'ARM64';
}

/** An option in `dockerArgs` is invalid, or not available in AWS Batch. */
export class DockerArgsError extends HeadraceError {
  constructor(
    /** The option as written. */
    readonly option: string,
    reason: string,
  ) {
    super(`dockerArgs: ${option} ${reason}`);
  }
}
