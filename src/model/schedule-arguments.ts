/**
 * The arguments of a schedule: JSON whose texts may contain placeholders for what a firing is about.
 *
 * @module
 */
import type { Json, JsonObject } from './json.ts';
import type { FiringValues, ScheduleCause } from './schedule.ts';

const PLACEHOLDER = /\{\{\s*([A-Za-z]+)\s*\}\}/gu;

/** The placeholders that a schedule with this cause may use. */
const KNOWN: Readonly<Record<ScheduleCause, readonly (keyof FiringValues)[]>> = {
  cron: ['due'],
  every: ['due'],
  after: ['due', 'run'],
  object: ['due', 'object'],
};

/** Values with which the arguments of a schedule are checked before it fires. */
export const SAMPLE_VALUES: Required<FiringValues> = {
  due: '2026-01-01T00:00:00.000Z',
  run: '00000000000000000000000000',
  object: 's3://bucket/key',
};

/** A sentence about a placeholder that the cause does not have; undefined if there is none. */
export function placeholderProblem(args: JsonObject, cause: ScheduleCause): string | undefined {
  let problem: string | undefined;
  replaceTexts(args, (name) => {
    const known: readonly string[] = KNOWN[cause];
    if (!known.includes(name))
      problem ??= `{{${name}}} is no placeholder of a schedule with ${cause}: it has ${known.map((each) => `{{${each}}}`).join(' and ')}`;
    return '';
  });
  return problem;
}

export const hasPlaceholder = (text: string): boolean => text.search(PLACEHOLDER) >= 0;

/** The arguments of the run that a firing starts. */
export const firingArguments = (args: JsonObject, values: FiringValues): JsonObject =>
  replaceTexts(args, (name, text) => {
    if (name === 'due' || name === 'run' || name === 'object') return values[name] ?? text;
    return text;
  });

type Replace = (name: string, text: string) => string;

const replaceTexts = (args: JsonObject, replace: Replace): JsonObject =>
  Object.fromEntries(Object.entries(args).map(([key, value]) => [key, replaced(value, replace)]));

function replaced(value: Json, replace: Replace): Json {
  if (typeof value === 'string')
    return value.replaceAll(PLACEHOLDER, (text, name: string) => replace(name, text));
  if (isList(value)) return value.map((each) => replaced(each, replace));
  if (typeof value === 'object' && value !== null) return replaceTexts(value, replace);
  return value;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
