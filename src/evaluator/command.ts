/**
 * Commands as they come out of a context: text that is read with suspicion, for the code in there may have tampered with whatever wrote it.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../model/errors.ts';
import type { Command, SignedCommand } from '../model/history.ts';
import { argumentsSchema, inlineValueSchema } from '../model/value.ts';
import { validateComponent } from '../sdk/validate.ts';
import { ForeignAnswerError } from './errors.ts';

const number = z.int().nonnegative();
const text = z.string();

const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('preExecute'), launch: z.boolean(), args: argumentsSchema.optional(), error: errorRecordSchema.optional() }),
  z.strictObject({ kind: z.literal('postExecute'), error: errorRecordSchema.optional() }),
  z.strictObject({ kind: z.literal('statusChange'), error: errorRecordSchema.optional() }),
  z.strictObject({ kind: z.literal('retry'), retry: z.boolean(), error: errorRecordSchema.optional() }),
]);

const commandSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('declare'), component: z.record(text, z.unknown()) }),
  z.strictObject({ kind: z.literal('call'), component: text, args: argumentsSchema, digest: text, awaited: z.boolean() }),
  z.strictObject({ kind: z.literal('await'), call: number }),
  z.strictObject({ kind: z.literal('sleep'), milliseconds: z.number().nonnegative() }),
  z.strictObject({ kind: z.literal('outcome'), event: number, outcome: outcomeSchema }),
  z.strictObject({ kind: z.literal('addTags'), tags: z.array(text) }),
  z.strictObject({ kind: z.literal('abort'), reason: text }),
  z.strictObject({ kind: z.literal('artifact'), name: text, value: inlineValueSchema, metadata: z.record(text, z.unknown()).optional() }),
  z.strictObject({ kind: z.literal('log'), level: z.enum(['debug', 'info', 'warn', 'error']), text }),
  z.strictObject({ kind: z.literal('point'), title: text, series: text, value: z.number(), iteration: z.number() }),
  z.strictObject({ kind: z.literal('returned'), value: inlineValueSchema }),
  z.strictObject({ kind: z.literal('threw'), error: errorRecordSchema }),
]);

const pageSchema = z.array(z.strictObject({ command: commandSchema, signature: text }));

/**
 * A page of commands from its JSON.
 *
 * @throws ForeignAnswerError
 * @throws OptionError for the declaration of a component
 */
export function readCommands(json: string): readonly SignedCommand[] {
  const page = pageSchema.safeParse(parsed(json));
  if (!page.success) throw new ForeignAnswerError('list of commands');
  return page.data.map(({ command, signature }) => ({ command: command.kind === 'declare' ? declared(command.component) : (command as Command), signature }));
}

const declared = (raw: unknown): Command => ({ kind: 'declare', component: validateComponent(raw) });

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
