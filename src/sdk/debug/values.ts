/**
 * Values of debug mode on their way between steps and logic, which are those of the other modes.
 *
 * 1. A value is encoded when it is passed or returned. What cannot be encoded is refused.
 * 2. Each reader gets a copy: each attempt of a step, and the logic. A file is passed by its path.
 *
 * @module
 */
import {
  decode,
  type Encoded,
  encode,
  encodeArguments,
  fromInline,
  type LargePart,
  placeRefs,
} from '../../codec/index.ts';
import { ArtifactFile, isArtifactFile } from '../artifact-file.ts';
import { encodeValue, serializeValue } from '../encode-value.ts';
import { substitute } from '../substitute.ts';
import { ArgumentError, argumentText, messageOf } from '../value-errors.ts';
import { type LazyInfo, lazyInfoOf } from './lazy.ts';

/** The pipeline's own functions, if it has them. */
export interface Serializers {
  readonly serializer: ((value: never) => unknown) | undefined;
  readonly deserializer: ((bytes: never) => unknown) | undefined;
}

/** Returns a copy of a stored value. */
export type StoredValue = () => unknown;

/**
 * @param what names the value in errors
 * @throws UnserializableArtifactError
 */
export async function storeValue(
  value: unknown,
  what: string,
  { serializer, deserializer }: Serializers,
): Promise<StoredValue> {
  if (isArtifactFile(value)) {
    const { path } = value;
    return () => new ArtifactFile(path);
  }
  if (serializer !== undefined && deserializer !== undefined && value !== undefined) {
    const bytes = await serializeValue((each) => serializer(each as never), value, what);
    return () => deserializer(Buffer.from(bytes) as never);
  }
  const encoded = encodeValue(value, what);
  return () => decode(copyOf(encoded));
}

/** A decoded value may share its bytes with the encoded one. */
const copyOf = (encoded: Encoded): Encoded =>
  encoded.format === 'json' ? encoded : { format: 'cbor', bytes: encoded.bytes.slice() };

/** Where a file of a step comes from: the logic passes it on like a Lazy. */
const fileSources = new WeakMap<object, LazyInfo>();

export function rememberFile(value: unknown, source: LazyInfo): void {
  if (isArtifactFile(value)) fileSources.set(value, source);
}

/** The result that a value stands for: that of a Lazy, or a file that a step returned. */
const sourceOf = (value: object): LazyInfo | undefined =>
  lazyInfoOf(value) ?? fileSources.get(value);

/** The arguments of a call, encoded. */
export class PassedArguments {
  readonly #data: Encoded;
  readonly #parts: readonly LargePart[];
  readonly #refs: readonly {
    readonly path: readonly (string | number)[];
    readonly info: LazyInfo;
  }[];

  /**
   * @param names the parameters' names, for errors
   * @throws UnserializableValueError
   */
  constructor(args: readonly unknown[], names: readonly string[] | undefined) {
    const infos = new Map<LazyInfo, number>();
    const { data, parts, refs } = encodeArguments(
      args,
      (value) => {
        const info = sourceOf(value);
        if (info === undefined) return undefined;
        if (!infos.has(info)) infos.set(info, infos.size);
        return { call: infos.get(info) ?? 0, value: null, key: '' };
      },
      names,
    );
    const byNumber = [...infos.keys()];
    this.#data = data;
    this.#parts = parts;
    this.#refs = refs.flatMap(({ path, call }) => {
      const info = byNumber[call];
      return info === undefined ? [] : [{ path, info }];
    });
  }

  /** The results among the arguments. */
  get references(): readonly LazyInfo[] {
    return this.#refs.map(({ info }) => info);
  }

  /** The number of characters or bytes of the encoded list. */
  get size(): number {
    return [this.#data, ...this.#parts.map(({ value }) => fromInline(value))].reduce(
      (sum, part) => sum + (part.format === 'json' ? part.text.length : part.bytes.length),
      0,
    );
  }

  /** The list with a value of `describe` in the place of each result of a step. */
  described(describe: (info: LazyInfo) => unknown): unknown[] {
    return this.#list(this.#refs.map(({ path, info }) => ({ path, value: describe(info) })));
  }

  /** A copy of the arguments. @throws ArgumentError */
  async read(readResult: (info: LazyInfo) => Promise<unknown>): Promise<unknown[]> {
    const values: { path: readonly (string | number)[]; value: unknown }[] = [];
    for (const { path, info } of this.#refs) {
      try {
        const value = await readResult(info);
        rememberFile(value, info);
        values.push({ path, value });
      } catch (error) {
        throw new ArgumentError(argumentText(path), messageOf(error), error);
      }
    }
    return this.#list(values);
  }

  #list(values: Parameters<typeof placeRefs>[1]): unknown[] {
    const args = decode(copyOf(this.#data));
    const parts = this.#parts.map(({ path, value }) => ({
      path,
      value: decode(fromInline(value)),
    }));
    return placeRefs(Array.isArray(args) ? args : [], [...parts, ...values]);
  }
}

/**
 * A copy of what the logic returns. A result with files is not copied: their paths exist here.
 *
 * @throws UnserializableValueError
 */
export function copyResult(result: unknown): unknown {
  const data = substitute(
    result,
    () => false,
    (part) => (fileSources.has(part) ? { value: null } : undefined),
  );
  const encoded = encode(data, 'recorded');
  return data === result ? decode(copyOf(encoded)) : result;
}
