/**
 * What a role's policies say to a request, as IAM evaluates them: a Deny that matches wins, else an Allow that matches, else no.
 *
 * It judges what the emulator does not enforce, and is itself held against the emulator's verdict wherever that enforces.
 *
 * @module
 */
import { z } from 'zod';

const listed = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
export const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: listed,
  Resource: listed,
  Condition: z.record(z.string(), z.record(z.string(), listed)).default({}),
});
export type Statement = z.infer<typeof statementSchema>;

/** One question to IAM. A request asks one or several, and is let through when the answer to all of them is yes. */
export interface AccessCheck {
  /** `service:Action`, as policies name it. */
  readonly action: string;
  /** An ARN, or `*` where the action takes no resource. */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

export type Verdict = 'allowed' | 'denied' | 'not allowed';

export function verdictOf(statements: readonly Statement[], check: AccessCheck): Verdict {
  const matching = statements.filter((statement) => matches(statement, check));
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return matching.length > 0 ? 'allowed' : 'not allowed';
}

function matches(
  { Action, Resource, Condition }: Statement,
  { action, resource, context = {} }: AccessCheck,
): boolean {
  return (
    Action.some((pattern) => isLike(action.toLowerCase(), pattern.toLowerCase())) &&
    Resource.some((pattern) => isArnLike(resource, pattern)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, context[key], values)),
    )
  );
}

/** @throws Error for an operator that is not known here: it must not count as fulfilled, nor as not */
function holds(operator: string, actual: string | undefined, values: readonly string[]): boolean {
  switch (operator) {
    case 'StringEquals':
      return actual !== undefined && values.includes(actual);
    case 'StringNotEquals':
      return actual === undefined || !values.includes(actual);
    case 'StringLike':
      return actual !== undefined && values.some((value) => isLike(actual, value));
    case 'ArnEquals':
    case 'ArnLike':
      return actual !== undefined && values.some((value) => isArnLike(actual, value));
    case 'Bool':
      return (
        actual !== undefined && values.some((value) => value.toLowerCase() === actual.toLowerCase())
      );
    default:
      throw new Error(`the condition ${operator} is not known here`);
  }
}

const PARTS = 6;

/** Each part of an ARN by itself: a wildcard in one does not reach into the next; the last part is all the rest. */
function isArnLike(arn: string, pattern: string): boolean {
  if (pattern === '*') return true;
  const [given, asked] = [partsOf(arn), partsOf(pattern)];
  return (
    given.length === asked.length && given.every((part, index) => isLike(part, asked[index] ?? ''))
  );
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= PARTS
    ? parts
    : [...parts.slice(0, PARTS - 1), parts.slice(PARTS - 1).join(':')];
}

/** `*` is any text, `?` any one character. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${source}$`, 'u').test(text);
}
