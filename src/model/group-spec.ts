/**
 * The encoding of a group's spec as one object. The fields that all members share are stored once;
 * a member's own fields are found by its index, without reading those of other members.
 *
 * The object starts with a line of fixed width that contains the position of the shared part, which
 * follows at once. After that, there is a table of such lines, one for each member in the order of
 * the group, and then the members' own parts. A container of a small group therefore needs one
 * read. A container of a group of 10,000 needs three, and only the first one, with the shared part,
 * reads bytes of other members.
 *
 * Tokens are not part of the object, because all steps of a project can read its objects.
 *
 * @module
 */

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { type Preparation, preparationSchema } from './container-settings.ts';
import { HeadraceError } from './headrace-error.ts';
import { jsonObjectSchema } from './json.ts';
import { type StepSpec, stepSpecSchema } from './spec.ts';

export interface ContainerSpec {
  readonly spec: StepSpec;
  readonly preparation: Preparation;
}

/** Reads `length` bytes from `start` on, or fewer at the end of the object. */
export type ReadRange = (start: number, length: number) => Promise<Uint8Array>;

export class GroupSpecError extends HeadraceError {}

const OFFSET_DIGITS = 14;
const LENGTH_DIGITS = 11;
const LINE_BYTES = OFFSET_DIGITS + LENGTH_DIGITS + 2;
const FIRST_READ_BYTES = 65_536;

const sharedSchema = z.strictObject({
  v: z.literal(1),
  preparation: preparationSchema,
  spec: jsonObjectSchema,
});
const memberSchema = jsonObjectSchema;

/** @param specs the specs of the members, in the order of the group */
export function encodeGroupSpec(specs: readonly StepSpec[], preparation: Preparation): Uint8Array {
  const members = specs.map(
    (spec) =>
      new Map(
        Object.entries(spec).flatMap(([field, value]) =>
          field === 'token' ? [] : [[field, JSON.stringify(value)]],
        ),
      ),
  );
  const [first, ...others] = members;
  const shared = [...(first ?? [])].filter(
    ([field, text]) => text !== undefined && others.every((member) => member.get(field) === text),
  );
  const isShared = new Set(shared.map(([field]) => field));
  const common = Buffer.from(
    `{"v":1,"preparation":${JSON.stringify(preparationSchema.parse(preparation))},"spec":${objectText(shared)}}`,
  );
  const parts = members.map((member) =>
    Buffer.from(objectText([...member].filter(([field]) => !isShared.has(field)))),
  );
  let offset = LINE_BYTES + common.length + parts.length * LINE_BYTES;
  const table = parts.map((part) => {
    const line = lineOf({ start: offset, length: part.length });
    offset += part.length;
    return line;
  });
  return Buffer.concat([
    Buffer.from(lineOf({ start: LINE_BYTES, length: common.length })),
    common,
    Buffer.from(table.join('')),
    ...parts,
  ]);
}

interface ByteRange {
  readonly start: number;
  readonly length: number;
}

const lineOf = ({ start, length }: ByteRange): string =>
  `${String(start).padStart(OFFSET_DIGITS, '0')} ${String(length).padStart(LENGTH_DIGITS, '0')}\n`;

const objectText = (fields: readonly (readonly [string, string | undefined])[]): string =>
  `{${fields.flatMap(([field, text]) => (text === undefined ? [] : [`${JSON.stringify(field)}:${text}`])).join(',')}}`;

/** The spec as a text, for an environment variable of the container if it is short enough. */
export const packSpec = (content: Uint8Array): string => deflateRawSync(content).toString('base64');

/** A variable of the environment has far less. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;

/** Reads a text of `packSpec`. @throws GroupSpecError */
export function unpackSpec(text: string): ReadRange {
  const content = inflated(Buffer.from(text, 'base64'));
  return async (start, length) => content.subarray(start, start + length);
}

function inflated(packed: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    throw new GroupSpecError('the spec of the group cannot be unpacked: it is damaged', {
      cause: error,
    });
  }
}

/**
 * Reads the spec of one member: with one read if the object is small, with three if the shared part
 * is small, and with at most four.
 *
 * @param token the token of the group
 * @throws GroupSpecError
 */
export async function readGroupSpec(
  read: ReadRange,
  index: number,
  token: string,
): Promise<ContainerSpec> {
  const head = await read(0, FIRST_READ_BYTES);
  const range = async ({ start, length }: ByteRange): Promise<string> =>
    Buffer.from(
      start + length <= head.length
        ? head.subarray(start, start + length)
        : await read(start, length),
    ).toString();
  const byteRangeAt = async (start: number): Promise<ByteRange> => {
    const match = /^(\d+) (\d+)\n$/.exec(await range({ start, length: LINE_BYTES }));
    if (match === null)
      throw new GroupSpecError(
        `the spec of the group has no part at ${start}: it is damaged, or was written by another version`,
      );
    return { start: Number(match[1]), length: Number(match[2]) };
  };
  try {
    const common = await byteRangeAt(0);
    const { preparation, spec: shared } = sharedSchema.parse(JSON.parse(await range(common)));
    const own = memberSchema.parse(
      JSON.parse(await range(await byteRangeAt(common.start + common.length + index * LINE_BYTES))),
    );
    return { spec: stepSpecSchema.parse({ ...shared, ...own, token }), preparation };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof z.ZodError) {
      throw new GroupSpecError(
        `the spec of the group cannot be read at index ${index}: ${error.message}`,
        { cause: error },
      );
    }
    throw error;
  }
}
