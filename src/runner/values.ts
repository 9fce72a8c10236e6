/**
 * Writes and reads the values of a step: chooses the form of each value and describes it for the
 * record.
 *
 * 1. An `ArtifactFile` is streamed as a file or folder.
 * 2. Any other value except `undefined` is encoded by the pipeline's own serializer, if it has one.
 * 3. Without a serializer, a small value is stored inline. A large Buffer or `Uint8Array` is stored
 *    as an object of its raw bytes, and any other large value as an object of JSON or CBOR.
 *
 * The type of a value that a step reads does not depend on its size.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { CorruptValueError, decode, type Encoded, fromInline, toInline } from '../codec/index.ts';
import type { Artifact } from '../model/artifacts.ts';
import { MAX_INLINE_LENGTH, MAX_PREVIEW_LENGTH } from '../model/limits.ts';
import { isStored, type StoredValue, type Value } from '../model/value.ts';
import { ObjectTooLargeError } from '../ports/objects.ts';
import { encodeValue, serializeValue } from '../sdk/encode-value.ts';
import { ArgumentError, messageOf } from '../sdk/value-errors.ts';
import { StepCodeError } from '../sdk/working-directory.ts';
import { artifactFile, artifactPath } from './artifact-file.ts';
import { DamagedObjectError } from './errors.ts';
import { fetchFile, storeFile } from './files.ts';
import type { RunnerContext, Serializers } from './runner-context.ts';

/** The record of a value, without its name and metadata. */
export type RecordedValue = Pick<Artifact, 'value' | 'type' | 'size' | 'hash' | 'preview'>;

export class Values {
  readonly #context: RunnerContext;
  readonly #loadSerializers: () => Promise<Serializers>;
  #copyCount = 0;

  constructor(context: RunnerContext, loadSerializers: () => Promise<Serializers>) {
    this.#context = context;
    this.#loadSerializers = loadSerializers;
  }

  /** @param what names the value in errors: `the return value "model"` */
  async write(key: string, value: unknown, what: string): Promise<RecordedValue> {
    const path = artifactPath(value);
    if (path !== undefined) return this.writeFile(key, path, what);
    const { serializer } = value === undefined ? NO_SERIALIZER : await this.#loadSerializers();
    if (serializer !== undefined)
      return this.#writeBytes(
        key,
        await serializeValue(serializer, value, what),
        { format: 'custom' },
        previewOf(value),
      );
    if (isBytes(value) && value.length > MAX_INLINE_BYTES)
      return this.#writeBytes(
        key,
        value,
        { format: 'bytes', ...(Buffer.isBuffer(value) ? {} : { view: 'Uint8Array' as const }) },
        previewOf(value),
      );
    return this.#writeEncoded(key, value, encodeValue(value, what));
  }

  /** Writes a file or folder. Serializers are not applied. */
  async writeFile(key: string, path: string, what: string): Promise<RecordedValue> {
    const { value, preview } = await storeFile(this.#context.objects, key, path, what);
    return {
      value,
      type: value.format,
      size: value.size,
      hash: value.hash,
      preview: truncatePreview(preview),
    };
  }

  /** Writes JSON, inline if it is small, or the bytes of an image. Serializers are not applied. */
  async writePlot(
    key: string,
    bytes: Uint8Array,
    format: 'json' | 'bytes',
  ): Promise<{ readonly value: Value; readonly size: number }> {
    if (format === 'json' && bytes.length <= MAX_INLINE_LENGTH)
      return { value: { format, text: Buffer.from(bytes).toString() }, size: bytes.length };
    const stored = await this.#context.objects.put(key, bytes);
    return { value: { format, key, ...stored }, size: stored.size };
  }

  /** @throws ArgumentError */
  async read(value: Value, what: string): Promise<unknown> {
    try {
      return isStored(value) ? await this.#readStored(value) : decode(fromInline(value));
    } catch (error) {
      const reason =
        error instanceof CorruptValueError && isStored(value)
          ? `${error.message} (object ${value.key})`
          : messageOf(error);
      throw new ArgumentError(what, reason, error);
    }
  }

  async #writeEncoded(key: string, value: unknown, encoded: Encoded): Promise<RecordedValue> {
    const preview = encoded.format === 'json' ? truncatePreview(encoded.text) : previewOf(value);
    const bytes = encoded.format === 'json' ? Buffer.from(encoded.text) : encoded.bytes;
    if (inlineLength(encoded) > MAX_INLINE_LENGTH)
      return this.#writeBytes(key, bytes, { format: encoded.format }, preview);
    return {
      value: toInline(encoded),
      type: encoded.format,
      size: bytes.length,
      hash: createHash('sha256').update(bytes).digest('hex'),
      preview,
    };
  }

  async #writeBytes(
    key: string,
    bytes: Uint8Array,
    form: Pick<StoredValue, 'format' | 'view'>,
    preview: string,
  ): Promise<RecordedValue> {
    const stored = await this.#context.objects.put(key, bytes);
    return { value: { ...form, key, ...stored }, type: form.format, ...stored, preview };
  }

  async #readStored(value: StoredValue): Promise<unknown> {
    const { objects, temporaryDirectory } = this.#context;
    if (value.format === 'file' || value.format === 'folder') {
      const copy = join(temporaryDirectory, 'inputs', String(this.#copyCount++));
      return artifactFile(await fetchFile(objects, value, copy));
    }
    const content = await objects.get(value.key, value.size).catch((error: unknown) => {
      throw error instanceof ObjectTooLargeError
        ? new DamagedObjectError(value.key, error.bytes ?? value.size + 1, value.size)
        : error;
    });
    if (createHash('sha256').update(content).digest('hex') !== value.hash)
      throw new DamagedObjectError(value.key, content.byteLength, value.size);
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    if (value.format === 'json') return decode({ format: 'json', text: bytes.toString() });
    if (value.format === 'cbor') return decode({ format: 'cbor', bytes });
    if (value.format === 'bytes')
      return value.view === 'Uint8Array'
        ? new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
        : bytes;
    const { deserializer } = await this.#loadSerializers();
    if (deserializer === undefined)
      throw new StepCodeError(
        'the pipeline has an artifactSerializer, but no artifactDeserializer to read this value',
      );
    return await deserializer(bytes);
  }
}

/** `undefined` is never passed to a serializer. */
const NO_SERIALIZER: Serializers = {};

/** A byte string of this length, as CBOR in base64, is within the inline limit. */
const MAX_INLINE_BYTES = Math.floor((MAX_INLINE_LENGTH / 4) * 3) - 16;

const isBytes = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array &&
  (Buffer.isBuffer(value) || Object.getPrototypeOf(value) === Uint8Array.prototype);

const inlineLength = (encoded: Encoded): number =>
  encoded.format === 'json' ? encoded.text.length : Math.ceil(encoded.bytes.length / 3) * 4;

function previewOf(value: unknown): string {
  try {
    return truncatePreview(
      inspect(value, {
        depth: 3,
        maxArrayLength: 20,
        maxStringLength: 200,
        breakLength: Number.POSITIVE_INFINITY,
        customInspect: false,
      }),
    );
  } catch {
    return '';
  }
}

const truncatePreview = (text: string): string =>
  text.length > MAX_PREVIEW_LENGTH ? `${text.slice(0, MAX_PREVIEW_LENGTH - 1)}…` : text;
