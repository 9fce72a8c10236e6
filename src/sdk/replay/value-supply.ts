/**
 * Supplies the values that the logic needs and that are stored as objects, in the order in which
 * the needs arose.
 *
 * @module
 */
import { decode } from '../../codec/index.ts';
import { ArtifactFile } from '../artifact-file.ts';
import type { DeclaredPipeline } from '../declare.ts';
import { bufferOf } from './buffer-global.ts';
import type { Call } from './call.ts';
import { ReplayError, ValueTooLargeError } from './errors.ts';
import { registerStandIn, targetOfCall } from './lazy.ts';
import { callContext } from './session.ts';

export class ValueSupply {
  readonly #deserializer: DeclaredPipeline['deserializer'];
  #buffer = new ArrayBuffer(0);

  constructor(deserializer: DeclaredPipeline['deserializer']) {
    this.#deserializer = deserializer;
  }

  /** The first needed value, as `call:value`; empty if there is none. */
  get next(): string {
    const [needed] = callContext.neededValues;
    return needed === undefined ? '' : `${needed.call.number}:${needed.valueIndex}`;
  }

  supplyText(format: string, text: string): void {
    supplyNext(() => callContext.decode(format === 'cbor' ? 'cbor' : 'json', text));
  }

  /** A new buffer, which the host fills before it calls `supplyBytes`. */
  allocate(size: number): ArrayBuffer {
    this.#buffer = new ArrayBuffer(size);
    return this.#buffer;
  }

  supplyBytes(format: string): void {
    const bytes = new Uint8Array(this.#buffer);
    supplyNext(() => this.#decodeBytes(format, bytes));
  }

  supplyFile(name: string): void {
    supplyNext((value, call) => {
      const file = new ArtifactFile(name);
      registerStandIn(file, () => targetOfCall(call, call.hasSeveralValues ? value : null));
      return file;
    });
  }

  rejectTooLarge(size: number, limit: number): void {
    supplyNext((_, call) => {
      throw new ValueTooLargeError(call.step, size, limit);
    });
  }

  #decodeBytes(format: string, bytes: Uint8Array<ArrayBuffer>): unknown {
    if (format === 'bytes') return bufferOf(bytes);
    if (format === 'Uint8Array') return bytes;
    if (format === 'cbor') return decode({ format: 'cbor', bytes });
    if (format !== 'custom') throw new ReplayError(`a value has the unknown format ${format}`);
    if (this.#deserializer === undefined)
      throw new ReplayError(
        'a value was written by an artifactSerializer, and the pipeline has no artifactDeserializer',
      );
    return this.#deserializer(bufferOf(bytes) as never);
  }
}

function supplyNext(make: (value: number, call: Call) => unknown): void {
  const needed = callContext.neededValues.shift();
  needed?.call.supplyValue(needed.valueIndex, () => make(needed.valueIndex, needed.call));
}
