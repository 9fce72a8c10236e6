/**
 * The channel between a container of this machine and the process that started it: lines of JSON
 * through standard input and output.
 *
 * 1. Each line has a prefix. An image's entry point may print other lines before the runner starts:
 *    they are output.
 * 2. The container sends the messages of a runner (`FromRunner`). It receives one `run`, and then
 *    acknowledgements and stops (`ToRunner`).
 *
 * @module
 */
import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import { preparationSchema } from '../../model/container-settings.ts';
import { stepSpecSchema } from '../../model/spec.ts';

const PREFIX = '\u001eheadrace ';

/** The work of a container. */
const runSchema = z.strictObject({
  kind: z.literal('run'),
  spec: stepSpecSchema,
  preparation: preparationSchema,
  job: z.string(),
  logStream: z.string(),
  graceMs: z.number().positive(),
});
export type ContainerRun = z.infer<typeof runSchema>;

const toContainerSchema = z.discriminatedUnion('kind', [
  runSchema,
  z.strictObject({ kind: z.literal('accepted'), ids: z.array(z.int()).readonly() }),
  z.strictObject({
    kind: z.literal('stop'),
    cause: z.enum(['timeout', 'abort', 'reclaimed']),
    reason: z.string(),
  }),
]);
export type ToContainer = z.infer<typeof toContainerSchema>;

/** @throws ZodError */
export const readToContainer = (frame: unknown): ToContainer => toContainerSchema.parse(frame);

export const encodeFrame = (content: object): string => `${PREFIX}${JSON.stringify(content)}\n`;

/** Separates the frames of a stream from other output. */
export class FrameReader {
  readonly #decoder = new StringDecoder();
  readonly #onFrame: (frame: unknown) => void;
  readonly #onOutput: (line: string) => void;
  #rest = '';

  /** @param onOutput receives each line that is no frame, with its end */
  constructor(onFrame: (frame: unknown) => void, onOutput: (line: string) => void) {
    this.#onFrame = onFrame;
    this.#onOutput = onOutput;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
  }

  /** The stream has ended. A frame without an end is incomplete. */
  end(): void {
    if (this.#rest !== '' && !this.#rest.startsWith(PREFIX)) this.#onOutput(this.#rest);
    this.#rest = '';
  }

  #read(line: string): void {
    const frame = line.startsWith(PREFIX) ? parseJson(line.slice(PREFIX.length)) : undefined;
    if (frame === undefined) this.#onOutput(`${line}\n`);
    else this.#onFrame(frame);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
