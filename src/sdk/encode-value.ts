/**
 * The content of a value that a step stores: by the codec, or by the pipeline's own serializer. The
 * runner and debug mode share it.
 *
 * @module
 */
import { type Encoded, encode, UnserializableValueError } from '../codec/index.ts';
import { messageOf, UnserializableArtifactError } from './value-errors.ts';

/**
 * @param what names the value in errors: `the return value "model"`
 * @throws UnserializableArtifactError
 */
export function encodeValue(value: unknown, what: string): Encoded {
  try {
    return encode(value);
  } catch (error) {
    if (error instanceof UnserializableValueError) {
      throw new UnserializableArtifactError(
        what,
        `${error.path === '' ? 'it' : error.path} is ${error.found}. ${error.advice}`,
        error,
      );
    }
    throw error;
  }
}

/** @throws UnserializableArtifactError */
export async function serializeValue(
  serializer: (value: unknown) => unknown,
  value: unknown,
  what: string,
): Promise<Uint8Array> {
  let content: unknown;
  try {
    content = await serializer(value);
  } catch (error) {
    throw new UnserializableArtifactError(
      what,
      `the pipeline's artifactSerializer threw: ${messageOf(error)}`,
      error,
    );
  }
  if (typeof content === 'string') return Buffer.from(content);
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  throw new UnserializableArtifactError(
    what,
    `the pipeline's artifactSerializer must return bytes or text, but returned ${typeof content}`,
    undefined,
  );
}
