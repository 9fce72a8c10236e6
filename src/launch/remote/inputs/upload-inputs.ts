/**
 * Uploads the input files of a run before it is created.
 *
 * 1. Content is identified by its hash. What the project has already is not sent, so that a start
 *    after an interruption sends only the files that are missing.
 * 2. The folder of a temporary archive is removed in any case.
 * 3. Links are requested for a few files at a time, because they expire.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from '../../../client/client.ts';
import { ApiError } from '../../../client/errors.ts';
import { FileChangedError } from '../../../client/send-file.ts';
import { packFolder } from '../../../folders/pack-folder.ts';
import { scanFolder } from '../../../folders/scan-folder.ts';
import { MAX_INPUT_BYTES } from '../../../model/limits.ts';
import { inputListText, type RunInput, type RunInputs } from '../../../model/run-inputs.ts';
import { InputFileError } from '../../../sdk/errors.ts';
import { UploadInterruptedError } from '../../errors.ts';
import { InterruptSignals } from '../../run-locally.ts';
import type { FoundInput } from './find-inputs.ts';
import { UploadProgress } from './upload-progress.ts';

const LINKS_PER_REQUEST = 8;

interface Content {
  readonly input: FoundInput;
  /** The file, or the archive of the folder. */
  readonly file: string;
  readonly size: number;
  readonly hash: string;
}

type InputClient = Pick<Client, 'createInputUploads' | 'uploadFile' | 'writeLink'>;

/**
 * @param project the project of the steps
 * @param note prints a line
 * @throws InputFileError, UploadInterruptedError
 */
export async function uploadInputs(
  client: InputClient,
  project: string,
  inputs: readonly FoundInput[],
  note: (line: string) => void,
): Promise<RunInputs | undefined> {
  if (inputs.length === 0) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'headrace-inputs-'));
  const signals = new InterruptSignals();
  const stop = new AbortController();
  void signals.first.then(() => stop.abort());
  try {
    const contents: Content[] = [];
    for (const input of inputs)
      contents.push(await contentOf(input, join(folder, String(contents.length)), stop.signal));
    const progress = new UploadProgress(note);
    const keys: string[] = [];
    for (let from = 0; from < contents.length; from += LINKS_PER_REQUEST) {
      const batch = contents.slice(from, from + LINKS_PER_REQUEST);
      keys.push(...(await uploadBatch(client, project, batch, progress, stop.signal)));
    }
    progress.end();
    return await uploadList(client, project, contents.map(toRunInput(keys)));
  } catch (error) {
    if (stop.signal.aborted) throw new UploadInterruptedError();
    throw error;
  } finally {
    signals.release();
    await rm(folder, { recursive: true, force: true });
  }
}

const toRunInput =
  (keys: readonly string[]) =>
  ({ input, size }: Content, index: number): RunInput => ({
    path: input.path,
    kind: input.kind,
    key: keys[index] ?? '',
    size,
    ...(input.executable ? { executable: true } : {}),
  });

async function contentOf(
  input: FoundInput,
  archive: string,
  signal: AbortSignal,
): Promise<Content> {
  const { source, kind, path } = input;
  const hash = createHash('sha256');
  let size = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.byteLength;
      if (size > MAX_INPUT_BYTES)
        throw new InputFileError(
          path,
          `it has more than ${MAX_INPUT_BYTES / 2 ** 30} GiB: put it into a bucket, and give its s3 address`,
        );
      yield chunk;
    }
  };
  if (kind === 'folder') {
    const packed: Readable = packFolder(await scanFolder(source));
    await pipeline(packed, counted, createWriteStream(archive, { mode: 0o600 }), { signal });
    return { input, file: archive, size, hash: hash.digest('hex') };
  }
  const { size: expected } = await stat(source);
  for await (const _ of counted(createReadStream(source, { signal, highWaterMark: 1 << 20 })));
  if (size !== expected) throw new FileChangedError(source);
  return { input, file: source, size, hash: hash.digest('hex') };
}

/** Returns the keys of the contents. */
async function uploadBatch(
  client: InputClient,
  project: string,
  batch: readonly Content[],
  progress: UploadProgress,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { items } = await client.createInputUploads({
    project,
    inputs: batch.map(({ hash, size }) => ({ hash, size })),
  });
  const sent = new Set<string>();
  for (const [index, { input, file, size, hash }] of batch.entries()) {
    const link = items[index]?.upload ?? null;
    if (link === null || sent.has(hash)) continue;
    sent.add(hash);
    progress.start(input.path, size);
    await client
      .uploadFile(link, file, { size, signal, onSent: (bytes) => progress.add(bytes) })
      .catch((error: unknown) => {
        throw error instanceof ApiError && error.status === 400
          ? new FileChangedError(input.source)
          : error;
      });
  }
  return items.map(({ key }) => key);
}

async function uploadList(
  client: InputClient,
  project: string,
  inputs: readonly RunInput[],
): Promise<RunInputs> {
  const text = inputListText(inputs);
  const size = Buffer.byteLength(text);
  const hash = createHash('sha256').update(text).digest('hex');
  const { items } = await client.createInputUploads({ project, inputs: [{ hash, size }] });
  const [item] = items;
  if (item === undefined) throw new Error('the API returned no key for the list of inputs');
  if (item.upload !== null) await client.writeLink(item.upload, text);
  return { key: item.key, size };
}
