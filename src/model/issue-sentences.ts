/**
 * The issues of the schema validator in sentences of Headrace. A message that a schema states itself
 * is used as it is.
 *
 * @module
 */
import type { z } from 'zod';

/** The messages that the validator makes up. */
const OWN_WORDS =
  /^(Invalid (input|option|string|number|key|element|value|ISO|UUID|URL|email)|Too (big|small)|Unrecognized key)/;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  set: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  null: 'null',
  NaN: 'NaN',
  function: 'a function',
};

/** The issue as a sentence about the value, as in `it must be a text, not a number`. */
export function issueSentence(issue: z.core.$ZodIssue): string {
  if (!OWN_WORDS.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return typeSentence(issue.expected, /received (\w+)$/.exec(issue.message)?.[1]);
    case 'too_big':
      return `it must ${sizeText(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`;
    case 'too_small':
      return `it must ${sizeText(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`;
    case 'invalid_value':
      return `it must be ${issue.values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value))).join(' or ')}`;
    case 'unrecognized_keys':
      return `it has no field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    case 'not_multiple_of':
      return `it must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.format === 'regex' ? 'it has the wrong form' : `it is no valid ${issue.format}`;
    case 'invalid_union':
      return 'it has none of the allowed forms';
    default:
      return 'it is not valid';
  }
}

function typeSentence(expected: string, received: string | undefined): string {
  const wanted = TYPES[expected] ?? expected;
  if (received === undefined) return `it must be ${wanted}`;
  if (received === 'undefined') return `it is missing: it must be ${wanted}`;
  if (expected === 'int' && received === 'number') return 'it must be a whole number';
  return `it must be ${wanted}, not ${TYPES[received] ?? received}`;
}

/** `have at most 5 characters`, `be at least 1`. */
function sizeText(origin: string, comparison: string, limit: number | bigint): string {
  const plural = Number(limit) === 1 ? '' : 's';
  if (origin === 'string') return `have ${comparison} ${limit} character${plural}`;
  if (origin === 'array' || origin === 'set') return `have ${comparison} ${limit} item${plural}`;
  return `be ${comparison} ${limit}`;
}
