/**
 * Evaluates the policies of a role as IAM does: a matching Deny wins, then a matching Allow;
 * otherwise the request is not allowed.
 *
 * It judges the services that the emulator does not enforce. For all others a test compares it with
 * the verdict of the emulator.
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

/** One check of IAM. A request needs one or several, and is allowed if all of them are. */
export interface AccessCheck {
  /** `service:Action`, as in policies. */
  readonly action: string;
  /** An ARN, or `*` if the action supports no resource. */
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

/**
 * @throws Error for an unknown operator, which must count neither as fulfilled nor as unfulfilled
 */
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
      throw new Error(`the condition ${operator} is not supported`);
  }
}

const PARTS = 6;

/**
 * Compares each part of an ARN separately: a wildcard does not match across parts. The last part is
 * the rest of the ARN.
 */
function isArnLike(arn: string, pattern: string): boolean {
  if (pattern === '*') return true;
  const [parts, patterns] = [partsOf(arn), partsOf(pattern)];
  return (
    parts.length === patterns.length &&
    parts.every((part, index) => isLike(part, patterns[index] ?? ''))
  );
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= PARTS
    ? parts
    : [...parts.slice(0, PARTS - 1), parts.slice(PARTS - 1).join(':')];
}

/** `*` matches any text, `?` any single character. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${source}$`, 'u').test(text);
}
