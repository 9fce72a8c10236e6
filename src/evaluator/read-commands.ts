/**
 * Reads a page of commands that a context issued (`model/command-page.ts`). The text is validated
 * completely, because code of the context may have changed the functions that write it.
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
import {
  type Arguments,
  type InlineValue,
  inlineValueSchema,
  pathSchema,
  refSchema,
} from '../model/value.ts';
import { validateComponent } from '../sdk/validate.ts';
import { parseContextJson } from './context-json.ts';
import { TamperedContextError } from './errors.ts';

const numberSchema = z.int().nonnegative();
const textSchema = z.string();

/** The logic sends values inline, or as parts of the page. It must not name objects of the store. */
const argumentsSchema = z.strictObject({
  data: inlineValueSchema,
  refs: z.array(refSchema),
  parts: z.array(z.strictObject({ path: pathSchema, part: numberSchema })).optional(),
});

const partItemSchema = z.strictObject({ part: numberSchema, value: inlineValueSchema });

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
  z.strictObject({ kind: z.literal('cancel'), call: numberSchema }),
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
  const partValues = new Map<number, InlineValue>();
  const commands: SignedCommand[] = [];
  for (const raw of page) {
    if (isPlainCall(raw)) commands.push(raw);
    else if (isObject(raw) && 'part' in raw) {
      const item = safeParseUntrusted(partItemSchema, raw);
      if (!item.success) throw new TamperedContextError('part of an argument');
      partValues.set(item.data.part, item.data.value);
    } else commands.push(readCommand(raw, partValues));
  }
  return commands;
}

function readCommand(raw: unknown, partValues: ReadonlyMap<number, InlineValue>): SignedCommand {
  const result = safeParseUntrusted(signedCommandSchema, raw);
  if (!result.success) throw new TamperedContextError('command');
  const { command, signature } = result.data;
  switch (command.kind) {
    case 'declare':
      return { command: declareCommand(command.component), signature };
    case 'call':
      return { command: { ...command, args: withValues(command.args, partValues) }, signature };
    case 'outcome': {
      const { outcome } = command;
      if (outcome.kind !== 'preExecute' || outcome.args === undefined)
        return { command: command as Command, signature };
      const args = withValues(outcome.args, partValues);
      return { command: { ...command, outcome: { ...outcome, args } } as Command, signature };
    }
    default:
      return { command: command as Command, signature };
  }
}

/** The arguments with the values of their parts, which all commands of the page share. */
function withValues(
  { data, refs, parts }: z.infer<typeof argumentsSchema>,
  partValues: ReadonlyMap<number, InlineValue>,
): Arguments {
  if (parts === undefined) return { data, refs };
  return {
    data,
    refs,
    parts: parts.map(({ path, part }) => {
      const value = partValues.get(part);
      if (value === undefined) throw new TamperedContextError('command');
      return { path, value };
    }),
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
