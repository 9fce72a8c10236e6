/**
 * A client of the Docker Engine API over its socket, with only the requests that running containers
 * needs.
 *
 * @module
 */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class DockerEngine {
  readonly #address:
    | { readonly socketPath: string }
    | { readonly host: string; readonly port: string };

  /** @param host in the form of DOCKER_HOST: `unix:///var/run/docker.sock` or `tcp://host:2375` */
  constructor(host: string) {
    const url = new URL(host);
    if (url.protocol === 'unix:') this.#address = { socketPath: url.pathname };
    else if (url.protocol === 'tcp:' || url.protocol === 'http:')
      this.#address = { host: url.hostname, port: url.port };
    else throw new Error(`DOCKER_HOST ${host} is neither unix:// nor tcp://`);
  }

  #send(method: string, path: string, body: object | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        host: 'docker',
        'content-length': Buffer.byteLength(text),
        ...(text !== '' && { 'content-type': 'application/json' }),
      };
      const sent: ClientRequest = request({ ...this.#address, method, path, headers }, resolve);
      sent.once('error', (error) =>
        reject(new EngineError(0, `The Docker engine does not answer: ${error.message}`)),
      );
      sent.end(text);
    });
  }

  /** @throws EngineError with the engine's message */
  async call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const answer = await this.#send(method, path, body);
    const text = await textOf(answer);
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw new EngineError(status, messageIn(text));
    // The answer to a pull is one document per line.
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.length === 0 ? undefined : JSON.parse(lines.at(-1) ?? 'null');
  }

  /**
   * Reads the output of a container, from its first line if it has not started.
   *
   * @returns when it is connected; `ended` resolves after the last line
   */
  async attach(
    id: string,
    write: (line: string) => void,
  ): Promise<{ readonly ended: Promise<void> }> {
    const answer = await this.#send(
      'POST',
      `/containers/${id}/attach?stream=1&stdout=1&stderr=1`,
      undefined,
    );
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw new EngineError(status, messageIn(await textOf(answer)));
    return { ended: readFrames(answer, write) };
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function messageIn(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed)
      return String(parsed.message);
  } catch {
    // Not JSON: the text is the message.
  }
  return text;
}

/** Reads frames: a head of eight bytes (stream, three zeros, length), then that many bytes. */
async function readFrames(answer: IncomingMessage, write: (line: string) => void): Promise<void> {
  const streams = [1, 2].map(() => ({ decoder: new StringDecoder('utf8'), rest: '' }));
  let buffered = Buffer.alloc(0);
  for await (const chunk of answer) {
    buffered = Buffer.concat([buffered, Buffer.from(chunk)]);
    while (buffered.length >= 8 && buffered.length >= 8 + buffered.readUInt32BE(4)) {
      const length = buffered.readUInt32BE(4);
      const stream = streams[buffered.readUInt8(0) === 2 ? 1 : 0];
      const text = stream?.decoder.write(buffered.subarray(8, 8 + length)) ?? '';
      buffered = buffered.subarray(8 + length);
      if (stream === undefined) continue;
      const lines = `${stream.rest}${text}`.split(/\r?\n/u);
      stream.rest = lines.pop() ?? '';
      for (const line of lines) write(line);
    }
  }
  for (const { rest } of streams) if (rest !== '') write(rest);
}
