/**
 * The spec of a group of jobs as one object: what all members share once, and what each has of its own, found by index without reading the others.
 *
 * A line of fixed width says where the shared part is: right behind it. A table of such lines follows, one a member (in the order of the group), and the members' own parts.
 * So a container of a small group needs one read, and one of a group of 10,000 three, of which only the first, with the shared part in it, reads what is not its own.
 *
 * Tokens are left out: objects of a project can be read by all of its steps.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { HeadraceError } from './headrace-error.ts';
import { jsonSchema } from './json.ts';
import { secretsSchema } from './options.ts';
import { type StepSpec, stepSpecSchema } from './spec.ts';

/** How the container's environment is made, beside what its job definition fixes. */
export const preparationSchema = z.strictObject({
  dockerBashSetupScript: z.string().optional(),
  repo: z.string().optional(),
  repoBranch: z.string().optional(),
  repoCommit: z.string().optional(),
  /** Names of secrets by environment variable: the container reads them under its project's role, so no definition of a job names them. */
  secrets: secretsSchema.optional(),
});
export type Preparation = z.infer<typeof preparationSchema>;

export interface ContainerSpec {
  readonly spec: StepSpec;
  readonly preparation: Preparation;
}

/** Bytes from `start` on, `length` of them or as many as there are. */
export type ReadRange = (start: number, length: number) => Promise<Uint8Array>;

export class GroupSpecError extends HeadraceError {}

const OFFSET_DIGITS = 14;
const LENGTH_DIGITS = 11;
const LINE_BYTES = OFFSET_DIGITS + LENGTH_DIGITS + 2;
const FIRST_READ_BYTES = 65_536;

const sharedSchema = z.strictObject({
  v: z.literal(1),
  preparation: preparationSchema,
  spec: z.record(z.string(), jsonSchema),
});
const memberSchema = z.record(z.string(), jsonSchema);

/** @param specs of the members, in the order of the group */
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

/** The spec as a text that is short enough for a variable of the container, where it is. */
export const packSpec = (content: Uint8Array): string => deflateRawSync(content).toString('base64');

/** Reads what `packSpec` packed. */
export function unpackSpec(text: string): ReadRange {
  const content = inflateRawSync(Buffer.from(text, 'base64'));
  return async (start, length) => content.subarray(start, start + length);
}

/**
 * One member's spec. Reads once if the object is small, three times if what its members share is, four at the most.
 *
 * @param token of the group
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
        `the spec of the group has no part at ${start}: it is damaged, or of another version`,
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
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new GroupSpecError(
        `the spec of the group cannot be read at index ${index}: ${error.message}`,
        { cause: error },
      );
    }
    throw error;
  }
}
