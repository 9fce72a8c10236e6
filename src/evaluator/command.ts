/**
 * Commands as they come out of a context: text that is read with suspicion, for the code in there may have tampered with whatever wrote it.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../model/errors.ts';
import type { Command, SignedCommand } from '../model/history.ts';
import { inlineValueSchema, refSchema } from '../model/value.ts';
import { validateComponent } from '../sdk/validate.ts';
import { ForeignAnswerError } from './errors.ts';

const number = z.int().nonnegative();
const text = z.string();

/** The logic sends what it has; to name an object of the store is not its part. */
const sentSchema = z.strictObject({ data: inlineValueSchema, refs: z.array(refSchema) });

const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('preExecute'),
    launch: z.boolean(),
    args: sentSchema.optional(),
    error: errorRecordSchema.optional(),
  }),
  z.strictObject({ kind: z.literal('postExecute'), error: errorRecordSchema.optional() }),
  z.strictObject({ kind: z.literal('statusChange'), error: errorRecordSchema.optional() }),
  z.strictObject({
    kind: z.literal('retry'),
    retry: z.boolean(),
    error: errorRecordSchema.optional(),
  }),
]);

const commandSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('declare'), component: z.record(text, z.unknown()) }),
  z.strictObject({
    kind: z.literal('call'),
    component: text,
    args: sentSchema,
    digest: text,
    awaited: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('await'), call: number }),
  z.strictObject({ kind: z.literal('sleep'), durationMs: z.number().nonnegative() }),
  z.strictObject({ kind: z.literal('outcome'), event: number, outcome: outcomeSchema }),
  z.strictObject({ kind: z.literal('addTags'), tags: z.array(text) }),
  z.strictObject({ kind: z.literal('abort'), reason: text }),
  z.strictObject({
    kind: z.literal('artifact'),
    name: text,
    value: inlineValueSchema,
    metadata: z.record(text, z.unknown()).optional(),
  }),
  z.strictObject({
    kind: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    text,
  }),
  z.strictObject({
    kind: z.literal('point'),
    title: text,
    series: text,
    value: z.number(),
    iteration: z.number(),
  }),
  z.strictObject({ kind: z.literal('returned'), value: inlineValueSchema }),
  z.strictObject({ kind: z.literal('threw'), error: errorRecordSchema }),
]);

const signedSchema = z.strictObject({ command: commandSchema, signature: text });

/**
 * A page of commands from its JSON.
 *
 * @throws ForeignAnswerError
 * @throws OptionError for the declaration of a component
 */
export function readCommands(json: string): readonly SignedCommand[] {
  const page = parsed(json);
  if (!Array.isArray(page)) throw new ForeignAnswerError('list of commands');
  return page.map(readOne);
}

function readOne(raw: unknown): SignedCommand {
  if (isPlainCall(raw)) return raw;
  const read = signedSchema.safeParse(raw);
  if (!read.success) throw new ForeignAnswerError('command');
  const { command, signature } = read.data;
  return {
    command: command.kind === 'declare' ? declared(command.component) : (command as Command),
    signature,
  };
}

type Plain = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Plain => typeof value === 'object' && value !== null;

/** A call without references: the same as by the schema, at a tenth of its cost. Most commands of a large run are such. */
function isPlainCall(raw: unknown): raw is SignedCommand {
  if (
    !isObject(raw) ||
    typeof raw.signature !== 'string' ||
    !isObject(raw.command) ||
    count(raw) !== 2
  )
    return false;
  const { kind, component, args, digest, awaited } = raw.command;
  if (
    kind !== 'call' ||
    typeof component !== 'string' ||
    typeof digest !== 'string' ||
    typeof awaited !== 'boolean' ||
    count(raw.command) !== 5
  )
    return false;
  if (
    !isObject(args) ||
    !isObject(args.data) ||
    !Array.isArray(args.refs) ||
    args.refs.length > 0 ||
    count(args) !== 2
  )
    return false;
  const { format, text: content } = args.data;
  return (
    (format === 'json' || format === 'cbor') &&
    typeof content === 'string' &&
    count(args.data) === 2
  );
}

const count = (object: Plain): number => Object.keys(object).length;

const declared = (raw: unknown): Command => ({
  kind: 'declare',
  component: validateComponent(raw),
});

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
