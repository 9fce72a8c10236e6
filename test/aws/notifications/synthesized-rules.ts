/**
 * The rules for notifications in a template, evaluated as EventBridge does: which events they
 * select, and the input that they pass to the function.
 *
 * @module
 */
import { z } from 'zod';
import { eventPatternSchema, matchesPattern } from '../../../testing/batch/pattern.ts';
import type { BusEvent } from './published-events.ts';

const ruleSchema = z.looseObject({
  EventBusName: z.unknown(),
  EventPattern: eventPatternSchema,
  Targets: z.tuple([
    z.looseObject({
      Arn: z.unknown(),
      DeadLetterConfig: z.looseObject({ Arn: z.unknown() }),
      InputTransformer: z.object({
        InputPathsMap: z.record(z.string(), z.string()),
        InputTemplate: z.string(),
      }),
    }),
  ]),
});
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.unknown() })),
});

export interface NotificationRule {
  readonly deadLetters: unknown;
  /** The input of the function; undefined if the rule does not select the event. */
  inputOf(event: BusEvent): unknown;
}

export const notificationRulesIn = (template: unknown): readonly NotificationRule[] =>
  Object.values(templateSchema.parse(template).Resources).flatMap(({ Type, Properties }) => {
    if (Type !== 'AWS::Events::Rule') return [];
    const rule = ruleSchema.safeParse(Properties);
    if (!rule.success) return [];
    const { EventPattern: pattern, Targets } = rule.data;
    const [{ DeadLetterConfig, InputTransformer }] = Targets;
    return [
      {
        deadLetters: DeadLetterConfig.Arn,
        inputOf: (event) =>
          matchesPattern(pattern, event) ? transformed(InputTransformer, event) : undefined,
      },
    ];
  });

const inputSchema = z.looseObject({ notification: z.number() });

/** The inputs of the function for an event. */
export const deliveriesOf = (template: unknown, event: BusEvent) =>
  notificationRulesIn(template).flatMap((rule) => {
    const input = rule.inputOf(event);
    return input === undefined ? [] : [inputSchema.parse(input)];
  });

function transformed(
  {
    InputPathsMap: paths,
    InputTemplate: template,
  }: { readonly InputPathsMap: Record<string, string>; readonly InputTemplate: string },
  event: BusEvent,
): unknown {
  const text = template.replace(/<([^>]+)>/g, (_, name: string) => {
    let value: unknown = event;
    for (const member of (paths[name] ?? '').split('.').slice(1))
      value = typeof value === 'object' && value !== null ? Reflect.get(value, member) : undefined;
    return JSON.stringify(value);
  });
  return JSON.parse(text);
}
