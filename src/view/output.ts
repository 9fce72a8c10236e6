/**
 * The standard streams of a command: results go to stdout, everything else to stderr.
 *
 * 1. A reader that closes the pipe (`headrace … | head`) is no error: the rest is not written, and
 *    the command continues to its completion.
 * 2. `write` waits for a slow reader, so that a long document needs little memory.
 * 3. Everything that the command prints passes through here, except the lines that a live view
 *    redraws. On a terminal, control characters are shown as text (`terminal-text.ts`).
 *
 * @module
 */
import { StringDecoder } from 'node:string_decoder';
import type { WriteStream } from 'node:tty';
import { type Colors, createColors, renderColors, showControls } from './terminal-text.ts';

export type { Colors } from './terminal-text.ts';

export interface Output {
  /** Writes to stdout. Bytes are text only on a terminal. */
  write(text: string | Uint8Array): Promise<void>;
  /** Writes a line to stderr. */
  note(line: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Colours for stdout. They are off if stdout is no terminal or `NO_COLOR` is set. */
  readonly colors: Colors;
  /** The width of stdout, if it is a terminal. */
  readonly columns: number | undefined;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

/**
 * Follows the conventions of `NO_COLOR` and `FORCE_COLOR`: the first wins, the second colours pipes
 * too.
 */
export function colorsFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Colors {
  if (env.NO_COLOR) return createColors(false);
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return createColors(true);
  return createColors(isTerminal && env.TERM !== 'dumb');
}

/** @param context the process, except in tests */
export function processOutput(
  context: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'> = process,
): Output {
  const { stdout, stderr, env } = context;
  return {
    write: (text) => guardedStream(stdout).write(text),
    note: (line) => void guardedStream(stderr).write(`${line}\n`),
    outIsTerminal: stdout.isTTY === true && env.TERM !== 'dumb',
    errIsTerminal: stderr.isTTY === true && env.TERM !== 'dumb',
    stdout,
    stderr,
    colors: colorsFor(stdout.isTTY === true, env),
    columns: terminalWidth(stdout),
    flush: async () => {
      await Promise.all([...guardedStreams.values()].map((stream) => stream.flush()));
    },
  };
}

/** The width of a terminal; undefined for pipes and files. */
export const terminalWidth = (stream: NodeJS.WriteStream): number | undefined =>
  stream.isTTY && stream.columns > 0 ? stream.columns : undefined;

interface GuardedStream {
  write(text: string | Uint8Array): Promise<void>;
  flush(): Promise<void>;
}

/** Streams that were written to. Others keep their own error handling. */
const guardedStreams = new Map<WriteStream, GuardedStream>();

function guardedStream(stream: WriteStream): GuardedStream {
  const existing = guardedStreams.get(stream) ?? guardStream(stream);
  guardedStreams.set(stream, existing);
  return existing;
}

/** Wraps a stream whose reader may close it (1). */
function guardStream(stream: WriteStream): GuardedStream {
  let isReaderClosed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED' && error.code !== 'EIO')
      throw error;
    isReaderClosed = true;
  });
  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    drained ??= new Promise((resolve) => {
      const done = () => {
        stream.off('drain', done).off('error', done).off('close', done);
        drained = undefined;
        resolve();
      };
      stream.once('drain', done).once('error', done).once('close', done);
    });
    return drained;
  };
  const printable = stream.isTTY ? terminalPrinter() : pipePrinter;
  const write = (text: string | Uint8Array): Promise<void> => {
    const printed = printable(text);
    return isReaderClosed || printed.length === 0 || stream.write(printed)
      ? Promise.resolve()
      : drain();
  };
  const flush = (): Promise<void> =>
    new Promise((resolve) =>
      isReaderClosed || stream.writableLength === 0 ? resolve() : stream.write('', () => resolve()),
    );
  return { write, flush };
}

const pipePrinter = (text: string | Uint8Array): string | Uint8Array =>
  typeof text === 'string' ? renderColors(text) : text;

/** Returns what a terminal receives (3). A character may be divided between two chunks of bytes. */
function terminalPrinter(): (text: string | Uint8Array) => string {
  const decoder = new StringDecoder('utf8');
  return (text) =>
    typeof text === 'string'
      ? showControls(decoder.end()) + renderColors(showControls(text))
      : showControls(decoder.write(Buffer.from(text)));
}
