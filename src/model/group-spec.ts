/**
 * The spec of a group of jobs as one object: what all members share once, and what each has of its own, found by index without reading the others.
 *
 * A table of fixed-width lines comes first, one for the shared part and one a member (in the order of the group): where the part begins, and its length.
 * The parts follow. So a container of a small group needs one read, and one of a group of 10,000 no more bytes than its own.
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
const LINE = OFFSET_DIGITS + LENGTH_DIGITS + 2;
const FIRST_READ = 65_536;

const sharedSchema = z.strictObject({ v: z.literal(1), preparation: preparationSchema, spec: z.record(z.string(), jsonSchema) });
const ownSchema = z.record(z.string(), jsonSchema);

/** @param specs of the members, in the order of the group */
export function encodeGroupSpec(specs: readonly StepSpec[], preparation: Preparation): Uint8Array {
  const members = specs.map((spec) => new Map(Object.entries(spec).flatMap(([field, value]) => (field === 'token' ? [] : [[field, JSON.stringify(value)]]))));
  const [first, ...others] = members;
  const shared = [...(first ?? [])].filter(([field, text]) => text !== undefined && others.every((member) => member.get(field) === text));
  const isShared = new Set(shared.map(([field]) => field));
  const parts = [
    `{"v":1,"preparation":${JSON.stringify(preparationSchema.parse(preparation))},"spec":${object(shared)}}`,
    ...members.map((member) => object([...member].filter(([field]) => !isShared.has(field)))),
  ].map((part) => Buffer.from(part));
  let offset = parts.length * LINE;
  const table = parts.map((part) => {
    const line = `${String(offset).padStart(OFFSET_DIGITS, '0')} ${String(part.length).padStart(LENGTH_DIGITS, '0')}\n`;
    offset += part.length;
    return line;
  });
  return Buffer.concat([Buffer.from(table.join('')), ...parts]);
}

const object = (fields: readonly (readonly [string, string | undefined])[]): string =>
  `{${fields.flatMap(([field, text]) => (text === undefined ? [] : [`${JSON.stringify(field)}:${text}`])).join(',')}}`;

/** The spec as a text that is short enough for a variable of the container, where it is. */
export const packSpec = (content: Uint8Array): string => deflateRawSync(content).toString('base64');

/** Reads what `packSpec` packed. */
export function readPacked(text: string): ReadRange {
  const content = inflateRawSync(Buffer.from(text, 'base64'));
  return async (start, length) => content.subarray(start, start + length);
}

/**
 * One member's spec. Reads once if the object is small, four times at the most.
 *
 * @param token of the group
 * @throws GroupSpecError
 */
export async function readGroupSpec(read: ReadRange, index: number, token: string): Promise<ContainerSpec> {
  const head = await read(0, FIRST_READ);
  const range = async (start: number, length: number): Promise<string> =>
    Buffer.from(start + length <= head.length ? head.subarray(start, start + length) : await read(start, length)).toString();
  const part = async (line: number): Promise<unknown> => {
    const place = /^(\d+) (\d+)\n$/.exec(await range(line * LINE, LINE));
    if (place === null) throw new GroupSpecError(`the spec of the group has no part ${line}: it is damaged, or of another version`);
    return JSON.parse(await range(Number(place[1]), Number(place[2])));
  };
  try {
    const { preparation, spec: shared } = sharedSchema.parse(await part(0));
    const own = ownSchema.parse(await part(index + 1));
    return { spec: stepSpecSchema.parse({ ...shared, ...own, token }), preparation };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new GroupSpecError(`the spec of the group cannot be read at index ${index}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
