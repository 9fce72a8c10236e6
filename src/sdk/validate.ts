/**
 * Checks the values of options against the schemas of the model. It runs on the host, on the output
 * of `declare.ts`, which the evaluator's context returns as JSON.
 *
 * @module
 */
import type { z } from 'zod';
import { nameSchema } from '../model/ids.ts';
import { issueSentence } from '../model/issue-sentences.ts';
import {
  type ComponentDeclaration,
  componentDeclarationSchema,
  type PipelineDeclaration,
  pipelineDeclarationSchema,
} from '../model/options.ts';
import { safeParseUntrusted } from '../model/untrusted.ts';
import { OptionError } from './errors.ts';

/** @param raw `DeclaredComponent.raw`, perhaps as parsed JSON @throws OptionError */
export function validateComponent(raw: unknown): ComponentDeclaration {
  const declaration = parseDeclaration(componentDeclarationSchema, raw, 'component');
  const duplicateName = declaration.returnValues.find(
    (name, index) => declaration.returnValues.indexOf(name) !== index,
  );
  if (duplicateName !== undefined)
    throw new OptionError(
      'returnValues',
      `component ${declaration.name}`,
      `the name ${duplicateName} is used twice`,
    );
  return declaration;
}

/** @param raw `DeclaredPipeline.raw`, perhaps as parsed JSON @throws OptionError */
export function validatePipeline(raw: unknown): PipelineDeclaration {
  return parseDeclaration(pipelineDeclarationSchema, raw, 'pipeline');
}

/** @throws OptionError */
export function validateDefaultQueue(queue: string): string {
  const { success, error } = nameSchema.safeParse(queue);
  if (success) return queue;
  throw new OptionError(
    'setDefaultExecutionQueue',
    'the program',
    error.issues[0] === undefined ? 'it is not valid' : explainIssue(error.issues[0]),
  );
}

function parseDeclaration<S extends z.ZodType>(schema: S, raw: unknown, kind: string): z.output<S> {
  const result = safeParseUntrusted(schema, raw);
  if (result.success) return result.data;
  const named = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : '';
  // An object may have no text.
  const name = typeof named === 'object' ? '' : printable(String(named));
  const [issue] = result.error.issues;
  throw new OptionError(
    optionPath(issue?.path ?? []),
    name === '' ? kind : `${kind} ${name}`,
    issue === undefined ? 'it is not valid' : explainIssue(issue),
  );
}

const MAX_SHOWN_NAME_LENGTH = 60;

/** A text that may not be a valid name, as part of a sentence. */
function printable(name: string): string {
  const short =
    name.length > MAX_SHOWN_NAME_LENGTH ? `${name.slice(0, MAX_SHOWN_NAME_LENGTH)}…` : name;
  return /[\p{Cc}\p{Cs}]|^\s|\s$/u.test(short) ? JSON.stringify(short) : short;
}

/**
 * The option as the user wrote it. The field `continueBehaviour` combines the options
 * `continueOnFail` and `continueBehaviour`.
 */
function optionPath(path: readonly PropertyKey[]): string {
  const [option, ...nested] = path;
  if (option === undefined) return '(all)';
  if (option === 'continueBehaviour')
    return nested[0] === 'continueOnFail' || nested.length === 0
      ? 'continueOnFail'
      : `continueBehaviour.${String(nested[0])}`;
  return (
    String(option) +
    nested.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  );
}

/** The problem as a sentence. For a union, the problem with the most similar form. */
function explainIssue(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issueSentence(issue);
  const forms = issue.errors.flatMap((errors) => errors.slice(0, 1));
  const closest = forms.find((form) => form.path.length > 0);
  if (closest !== undefined)
    return `${closest.path.map(String).join('.')}: ${explainIssue(closest)}`;
  return [...new Set(forms.map(explainIssue))].join(', or ');
}
