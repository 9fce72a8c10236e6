/**
 * Sends a file as the body of one request. `fetch` sends a stream without its length, which a
 * presigned URL of S3 refuses.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeadraceError } from '../model/errors.ts';
import type { LinkDocument } from '../wire/values.ts';
import { ApiUnreachableError } from './errors.ts';

export interface FileUploadOptions {
  /** The size for which the link was made. */
  readonly size: number;
  /** Stops the upload, which then rejects. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes of each chunk. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

export interface SentFile {
  readonly status: number;
  /** The start of the response. */
  readonly text: string;
}

/** The content is not the one for which the link was made. */
export class FileChangedError extends HeadraceError {
  constructor(readonly path: string) {
    super(`${path} changed while it was uploaded: start again when nothing writes to it`);
  }
}

/** A connection on which nothing moves for this long is given up. */
const IDLE_TIMEOUT_MS = 60_000;
const CHUNK_BYTES = 1 << 18;
const MAX_TEXT_LENGTH = 300;

/**
 * @throws ApiUnreachableError if there is no response
 * @throws the reason of the signal
 */
export async function sendFile(
  link: Pick<LinkDocument, 'url' | 'method' | 'headers'>,
  path: string,
  { size, signal, onSent }: FileUploadOptions,
): Promise<SentFile> {
  signal?.throwIfAborted();
  const url = new URL(link.url);
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: link.method,
    headers: { ...link.headers, 'content-length': size },
    ...(signal === undefined ? {} : { signal }),
  });
  request.setTimeout(IDLE_TIMEOUT_MS, () =>
    request.destroy(new Error('nothing was sent or received for too long')),
  );
  try {
    const response = responseTo(request);
    await Promise.race([response, sendBody(request, path, size, onSent)]);
    return await readResponse(await response);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof FileChangedError) throw error;
    throw new ApiUnreachableError(url.origin, { cause: error });
  } finally {
    request.destroy();
  }
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
  response.catch(() => undefined);
  return response;
}

/** A server may refuse the content before it received all of it: then this never settles. */
async function sendBody(
  request: ClientRequest,
  path: string,
  size: number,
  onSent: FileUploadOptions['onSent'],
): Promise<void> {
  // Without more than `size` bytes of a file that has grown: the server refuses another content.
  const content =
    size === 0
      ? Readable.from([])
      : createReadStream(path, { end: size - 1, highWaterMark: CHUNK_BYTES });
  await pipeline(
    content,
    async function* (chunks: AsyncIterable<Buffer>) {
      let sent = 0;
      for await (const chunk of chunks) {
        yield chunk;
        sent += chunk.length;
        onSent?.(chunk.length);
      }
      if (sent < size) throw new FileChangedError(path);
    },
    request,
  );
}

async function readResponse(response: IncomingMessage): Promise<SentFile> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8'))
    if (text.length < MAX_TEXT_LENGTH) text += String(chunk);
  return { status: response.statusCode ?? 0, text: text.slice(0, MAX_TEXT_LENGTH) };
}
