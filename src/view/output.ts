/**
 * The standard streams of a command: results go to stdout, everything else to stderr.
 *
 * 1. A reader that closes the pipe (`headrace … | head`) is no error: the rest is not written, and
 *    the command continues to its completion.
 * 2. `write` waits for a slow reader, so that a long document needs little memory.
 *
 * @module
 */
import type { WriteStream } from 'node:tty';
import pico from 'picocolors';

export interface Output {
  /** Writes to stdout. */
  write(text: string | Uint8Array): Promise<void>;
  /** Writes a line to stderr. */
  note(line: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Colours for stdout. They are off if stdout is no terminal or `NO_COLOR` is set. */
  readonly colors: Colors;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

export type Colors = ReturnType<typeof pico.createColors>;

/**
 * Follows the conventions of `NO_COLOR` and `FORCE_COLOR`: the first wins, the second colours pipes
 * too.
 */
export function colorsFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Colors {
  if (env.NO_COLOR) return pico.createColors(false);
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return pico.createColors(true);
  return pico.createColors(isTerminal && env.TERM !== 'dumb');
}

export function processOutput(): Output {
  const { stdout, stderr, env } = process;
  return {
    write: (text) => guardedStream(stdout).write(text),
    note: (line) => void guardedStream(stderr).write(`${line}\n`),
    outIsTerminal: stdout.isTTY === true && env.TERM !== 'dumb',
    errIsTerminal: stderr.isTTY === true && env.TERM !== 'dumb',
    stdout,
    stderr,
    colors: colorsFor(stdout.isTTY === true, env),
    flush: async () => {
      await Promise.all([...guardedStreams.values()].map((stream) => stream.flush()));
    },
  };
}

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
  const write = (text: string | Uint8Array): Promise<void> =>
    isReaderClosed || text.length === 0 || stream.write(text) ? Promise.resolve() : drain();
  const flush = (): Promise<void> =>
    new Promise((resolve) =>
      isReaderClosed || stream.writableLength === 0 ? resolve() : stream.write('', () => resolve()),
    );
  return { write, flush };
}
