/**
 * Runs containers as processes of this machine: an image is a local command, given by the
 * configuration.
 *
 * 1. A container ends with its main process: whatever else it started is killed then.
 * 2. A volume is a folder; where a command or a variable names a path in it as the container would
 *    see it, the folder's path is put in.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type {
  ContainerEnd,
  ContainerPlan,
  Executor,
  RunningContainer,
  TaskPlace,
  TaskPlan,
} from './executor.ts';

/** What stands for an image. */
export interface LocalImage {
  /** Put before the container's command, as an image's ENTRYPOINT. */
  readonly entrypoint?: readonly string[];
  /** For a container without a command, as an image's CMD. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /**
   * Folders of this machine by their place in the image: paths to them are replaced as those to
   * volumes are.
   */
  readonly folders?: Readonly<Record<string, string>>;
}

export interface SubprocessOptions {
  /**
   * By image; `*` stands for every other one. An image that is not here runs the container's own
   * command.
   */
  readonly images?: Readonly<Record<string, LocalImage>>;
  /** Images that are not here cannot be pulled. Default: false. */
  readonly onlyKnownImages?: boolean;
}

const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

export function subprocessExecutor({
  images = {},
  onlyKnownImages = false,
}: SubprocessOptions = {}): Executor {
  const alive = new Set<ChildProcess>();
  const killAll = () => {
    for (const child of alive) killGroup(child);
  };
  process.once('exit', killAll);
  return {
    name: 'subprocess',
    open: async (task) => {
      const folder = await mkdtemp(join(tmpdir(), 'batch-task-'));
      const volumes = await makeVolumes(task, folder);
      const place: TaskPlace = {
        start: async (container, write) => {
          const image = images[container.image] ?? images['*'];
          if (image === undefined && onlyKnownImages)
            throw new Error(
              `CannotPullContainerError: pull access denied for ${container.image}, repository does not exist`,
            );
          return start(container, image ?? {}, volumes, folder, alive, write);
        },
        remove: () => rm(folder, { recursive: true, force: true }),
      };
      return place;
    },
    close: async () => {
      process.off('exit', killAll);
      killAll();
    },
  };
}

async function makeVolumes(
  { volumes }: TaskPlan,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const { name = '', host } of volumes) {
    const path =
      host?.sourcePath ?? join(folder, `volume-${name.replaceAll(/[^A-Za-z0-9_-]/gu, '_')}`);
    await mkdir(path, { recursive: true });
    paths.set(name, path);
  }
  return paths;
}

async function start(
  container: ContainerPlan,
  image: LocalImage,
  volumes: ReadonlyMap<string, string>,
  folder: string,
  alive: Set<ChildProcess>,
  write: (line: string) => void,
): Promise<RunningContainer> {
  const local = localPaths(container, image, volumes);
  const [file, ...words] = [
    ...(image.entrypoint ?? []),
    ...(container.command ?? image.command ?? []),
  ].map(local);
  if (file === undefined)
    throw new Error(`CannotStartContainerError: no command specified for ${container.image}`);
  const inherited = Object.fromEntries(
    INHERITED.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );
  const own = Object.fromEntries(
    Object.entries({ ...image.environment, ...container.environment }).map(([name, value]) => [
      name,
      local(value),
    ]),
  );
  const child = spawn(file, words, {
    cwd: image.cwd ?? folder,
    env: { ...inherited, ...own },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = endOf(child, write);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new Error(`CannotStartContainerError: ${error.message}`)),
    );
  });
  alive.add(child);
  child.once('exit', () => {
    killGroup(child);
    alive.delete(child);
  });
  return {
    ended,
    signal: (name) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(name);
    },
  };
}

function endOf(child: ChildProcess, write: (line: string) => void): Promise<ContainerEnd> {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null)
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', write);
  }
  return new Promise((resolve) => {
    child.once('close', (code, signal) =>
      resolve({ exitCode: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0) }),
    );
  });
}

/** The container's processes all have its main process's group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** Replaces the container's paths; a volume hides a folder of the image at the same place. */
function localPaths(
  { mountPoints }: ContainerPlan,
  { folders = {} }: LocalImage,
  volumes: ReadonlyMap<string, string>,
): (text: string) => string {
  const places = new Map(Object.entries(folders));
  for (const { containerPath, sourceVolume = '' } of mountPoints) {
    const path = volumes.get(sourceVolume);
    if (containerPath !== undefined && path !== undefined)
      places.set(containerPath.replace(/\/$/u, ''), path);
  }
  if (places.size === 0) return (text) => text;
  const deepestFirst = [...places.keys()]
    .sort((a, b) => b.length - a.length)
    .map((place) => place.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&'));
  // Only where the path stands at the start of a word: /a/runner is no part of /data/a/runner.
  const pattern = new RegExp(`(?<![\\w./-])(?:${deepestFirst.join('|')})(?=$|[/\\s'":;,)])`, 'gu');
  return (text) => text.replaceAll(pattern, (place) => places.get(place) ?? place);
}
