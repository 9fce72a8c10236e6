import { expect, it } from 'vitest';
import { z } from 'zod';
import { issueSentence } from '../../../src/model/issue-sentences.ts';

it.each<[string, z.ZodType, unknown]>([
  ['it must be a text, not a number', z.string(), 5],
  ['it is missing: it must be a list', z.array(z.string()), undefined],
  ['it must be a list, not a text', z.tuple([z.string(), z.string()]), 'loss'],
  ['it must be a whole number', z.int(), 1.5],
  ['it must have at most 256 characters', z.string().max(256), 'a'.repeat(257)],
  ['it must have at least 1 item', z.array(z.string()).min(1), []],
  ['it must be more than 0', z.number().positive(), 0],
  ['it must be at most 10', z.number().max(10), 11],
  ['it must be "a" or "b"', z.enum(['a', 'b']), 'c'],
  ['it has no field "x"', z.strictObject({}), { x: 1 }],
  ['it has none of the allowed forms', z.union([z.string(), z.number()]), true],
  ['it has the wrong form', z.string().regex(/^a$/), 'b'],
  ['it is no valid email', z.email(), 'b'],
  ['the limit is 5', z.number().max(5, 'the limit is 5'), 6],
])('an issue of the validator becomes the sentence: %s', (sentence, schema, value) => {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  expect(issue && issueSentence(issue)).toBe(sentence);
});
