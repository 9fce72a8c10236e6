/**
 * Event patterns of EventBridge rules: exact values, `prefix`, `suffix`, `anything-but` and
 * `exists`.
 *
 * @module
 */
import { z } from 'zod';

const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const conditionSchema = z.union([
  scalarSchema,
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ suffix: z.string() }),
  z.strictObject({ 'anything-but': z.union([scalarSchema, z.array(scalarSchema)]) }),
  z.strictObject({ exists: z.boolean() }),
]);
type Condition = z.infer<typeof conditionSchema>;

export interface EventPattern {
  readonly [member: string]: EventPattern | readonly Condition[];
}
export const eventPatternSchema: z.ZodType<EventPattern> = z.record(
  z.string(),
  z.union([z.array(conditionSchema), z.lazy(() => eventPatternSchema)]),
);

export function matchesPattern(pattern: EventPattern, value: object): boolean {
  return Object.entries(pattern).every(([member, expected]) => {
    const found: unknown = new Map(Object.entries(value)).get(member);
    if (isConditions(expected)) return expected.some((condition) => holds(condition, found));
    return typeof found === 'object' && found !== null && matchesPattern(expected, found);
  });
}

const isConditions = (
  expected: EventPattern | readonly Condition[],
): expected is readonly Condition[] => Array.isArray(expected);

/** A list matches if one of its members does. */
function holds(condition: Condition, found: unknown): boolean {
  if (typeof condition === 'object' && condition !== null && 'exists' in condition)
    return condition.exists === (found !== undefined);
  if (Array.isArray(found)) return found.some((each) => holds(condition, each));
  if (typeof condition !== 'object' || condition === null) return found === condition;
  if ('prefix' in condition) return typeof found === 'string' && found.startsWith(condition.prefix);
  if ('suffix' in condition) return typeof found === 'string' && found.endsWith(condition.suffix);
  if (found === undefined) return false;
  const excluded = condition['anything-but'];
  return Array.isArray(excluded) ? !excluded.some((each) => each === found) : excluded !== found;
}
