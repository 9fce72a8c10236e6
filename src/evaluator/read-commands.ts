/**
 * Reads the commands that a context issued. The text is validated completely, because code of the
 * context may have changed the functions that write it.
 *
 * @module
 */
import { z } from 'zod';
import { metadataSchema } from '../model/artifacts.ts';
import { errorRecordSchema } from '../model/errors.ts';
import type { Command, SignedCommand } from '../model/history.ts';
import { reportedNameSchema, tagsSchema } from '../model/ids.ts';
import { recordOf } from '../model/json.ts';
import { MAX_DURATION_MS, MAX_METRIC_NAME_LENGTH, MAX_REASON_LENGTH } from '../model/limits.ts';
import { isSignalName } from '../model/signals.ts';
import { safeParseUntrusted } from '../model/untrusted.ts';
import { inlineValueSchema, refSchema } from '../model/value.ts';
import { validateComponent } from '../sdk/validate.ts';
import { parseContextJson } from './context-json.ts';
import { TamperedContextError } from './errors.ts';

const numberSchema = z.int().nonnegative();
const textSchema = z.string();

/** The logic sends values inline. It must not name objects of the store. */
const argumentsSchema = z.strictObject({ data: inlineValueSchema, refs: z.array(refSchema) });

const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('preExecute'),
    launch: z.boolean(),
    args: argumentsSchema.optional(),
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
  z.strictObject({ kind: z.literal('declare'), component: recordOf(textSchema, z.unknown()) }),
  z.strictObject({
    kind: z.literal('call'),
    component: textSchema,
    args: argumentsSchema,
    digest: textSchema,
    awaited: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('await'), call: numberSchema }),
  z.strictObject({ kind: z.literal('unhandled'), call: numberSchema }),
  z.strictObject({
    kind: z.literal('sleep'),
    durationMs: z.number().nonnegative().max(MAX_DURATION_MS),
  }),
  z.strictObject({
    kind: z.literal('waitForSignal'),
    name: textSchema.refine(isSignalName),
    position: numberSchema,
  }),
  z.strictObject({ kind: z.literal('outcome'), event: numberSchema, outcome: outcomeSchema }),
  z.strictObject({ kind: z.literal('addTags'), tags: tagsSchema }),
  z.strictObject({ kind: z.literal('abort'), reason: textSchema.max(MAX_REASON_LENGTH) }),
  z.strictObject({
    kind: z.literal('artifact'),
    name: reportedNameSchema,
    value: inlineValueSchema,
    metadata: metadataSchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    text: textSchema,
  }),
  z.strictObject({
    kind: z.literal('point'),
    title: textSchema.max(MAX_METRIC_NAME_LENGTH),
    series: textSchema.max(MAX_METRIC_NAME_LENGTH),
    value: z.number(),
    iteration: z.number(),
  }),
  z.strictObject({ kind: z.literal('returned'), value: inlineValueSchema }),
  z.strictObject({ kind: z.literal('threw'), error: errorRecordSchema }),
]);

const signedCommandSchema = z.strictObject({ command: commandSchema, signature: textSchema });

/**
 * Reads a page of commands from JSON.
 *
 * @throws TamperedContextError
 * @throws OptionError for the declaration of a component
 */
export function readCommands(json: string): readonly SignedCommand[] {
  const page = parseContextJson(json);
  if (!Array.isArray(page)) throw new TamperedContextError('list of commands');
  return page.map(readCommand);
}

function readCommand(raw: unknown): SignedCommand {
  if (isPlainCall(raw)) return raw;
  const result = safeParseUntrusted(signedCommandSchema, raw);
  if (!result.success) throw new TamperedContextError('command');
  const { command, signature } = result.data;
  return {
    command: command.kind === 'declare' ? declareCommand(command.component) : (command as Command),
    signature,
  };
}

type PlainObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null;

/**
 * Accepts the same calls without references as the schema, at a tenth of the cost. Most commands of
 * a large run are such calls.
 */
function isPlainCall(raw: unknown): raw is SignedCommand {
  if (
    !isObject(raw) ||
    typeof raw.signature !== 'string' ||
    !isObject(raw.command) ||
    keyCount(raw) !== 2
  )
    return false;
  const { kind, component, args, digest, awaited } = raw.command;
  if (
    kind !== 'call' ||
    typeof component !== 'string' ||
    typeof digest !== 'string' ||
    typeof awaited !== 'boolean' ||
    keyCount(raw.command) !== 5
  )
    return false;
  if (
    !isObject(args) ||
    !isObject(args.data) ||
    !Array.isArray(args.refs) ||
    args.refs.length > 0 ||
    keyCount(args) !== 2
  )
    return false;
  const { format, text: content } = args.data;
  return (
    (format === 'json' || format === 'cbor') &&
    typeof content === 'string' &&
    keyCount(args.data) === 2
  );
}

const keyCount = (object: PlainObject): number => Object.keys(object).length;

const declareCommand = (raw: unknown): Command => ({
  kind: 'declare',
  component: validateComponent(raw),
});
