/**
 * The supervisor's side of the channel in a container of this machine (`frames.ts`).
 *
 * 1. The end of the channel means that the engine has gone: the messages that it did not accept are
 *    stored, and the container ends after the grace period at the latest.
 * 2. The exit code is that of the supervisor, which has sent or stored every message by then.
 *
 * @module
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_PREPARATION_FAILED } from '../../model/container.ts';
import type { Objects } from '../../ports/objects.ts';
import { StepStoppedError, stopError } from '../../sdk/stop-errors.ts';
import { createDelivery } from '../delivery.ts';
import { PreparationError } from './errors.ts';
import { type ContainerRun, encodeFrame, FrameReader, readToContainer } from './frames.ts';
import { heapArguments } from './heap-arguments.ts';
import type { ReadSecrets } from './secrets.ts';
import { supervise } from './supervisor.ts';

export interface ChannelContainerOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly objects: Objects;
  readonly environment: NodeJS.ProcessEnv;
  /** The program of the step's process, and its arguments. */
  readonly program: readonly string[];
  exit(code: number): void;
}

/** Serves the one run that the channel brings. */
export function serveChannel(options: ChannelContainerOptions): void {
  new ChannelContainer(options).start();
}

class ChannelContainer {
  readonly #options: ChannelContainerOptions;
  readonly #delivery;
  #terminate: ((reason?: StepStoppedError) => void) | undefined;
  /** A stop that arrived before the supervisor accepts it. */
  #stopReason: StepStoppedError | undefined;
  #graceMs: number | undefined;

  constructor(options: ChannelContainerOptions) {
    this.#options = options;
    this.#delivery = createDelivery(
      (message) => options.output.write(encodeFrame(message)),
      () => undefined,
    );
  }

  start(): void {
    const { input, output, exit } = this.#options;
    const reader = new FrameReader(
      (frame) => this.#receive(frame),
      (line) => process.stderr.write(line),
    );
    // The end of the input reports that the other side has gone.
    output.on('error', () => undefined);
    input.on('data', (chunk: Buffer) => reader.push(chunk));
    input.on('end', () => {
      if (this.#graceMs === undefined) return exit(EXIT_PREPARATION_FAILED);
      this.#delivery.onDisconnected();
      setTimeout(() => exit(EXIT_PREPARATION_FAILED), this.#graceMs);
    });
    process.on('SIGTERM', () =>
      this.#stop(new StepStoppedError('reclaimed', 'the container received SIGTERM')),
    );
  }

  #receive(frame: unknown): void {
    const message = readToContainer(frame);
    if (message.kind === 'accepted') for (const id of message.ids) this.#delivery.onAccepted(id);
    else if (message.kind === 'stop') this.#stop(stopError(message.cause, message.reason));
    else if (this.#graceMs === undefined) void this.#run(message);
  }

  #stop(reason: StepStoppedError): void {
    this.#stopReason ??= reason;
    this.#terminate?.(reason);
  }

  async #run({ spec, preparation, job, logStream, graceMs }: ContainerRun): Promise<void> {
    const { objects, environment, program, output, exit } = this.#options;
    this.#graceMs = graceMs;
    const delivery = this.#delivery;
    const code = await supervise({
      containerSpec: { spec, preparation },
      job,
      logStream,
      ageMs: () => process.uptime() * 1000,
      delivery: {
        send: delivery.send,
        undelivered: delivery.undelivered,
        onTerminating: () => undefined,
      },
      objects,
      readSecrets: async (names) => secretsOf(names, environment),
      environment: withHome(environment),
      cwd: process.cwd(),
      makeFolder: () => mkdtemp(join(tmpdir(), 'headrace-')),
      command: [...heapArguments(), ...program],
      graceMs,
      onTerminate: (listener) => {
        this.#terminate = listener;
        if (this.#stopReason !== undefined) listener(this.#stopReason);
      },
    }).catch((error: unknown) => {
      console.error(error);
      return EXIT_PREPARATION_FAILED;
    });
    output.end(() => exit(code));
  }
}

/** On a developer's machine, the environment of the command holds the secrets. */
function secretsOf(
  names: Parameters<ReadSecrets>[0],
  environment: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(names).map((variable) => {
      const value = environment[variable];
      if (value === undefined)
        throw new PreparationError(
          'secrets',
          `${variable} is not set: on this machine, a container reads it from the environment of the command that started the run`,
        );
      return [variable, value];
    }),
  );
}

/** The user of this machine has no home in the image: npm, git and ssh write there. */
function withHome(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { HOME = '/' } = environment;
  try {
    accessSync(HOME, constants.W_OK);
    return environment;
  } catch {
    const home = join(tmpdir(), 'headrace-user');
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return { ...environment, HOME: home };
  }
}
