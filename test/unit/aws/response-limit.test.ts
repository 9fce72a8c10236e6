import { expect, test } from 'vitest';
import { limitResponse } from '../../../src/aws/lambda/response-limit.ts';

const MAX_RESPONSE_BYTES = 6_291_556;
const bytesOf = (result: object): number => Buffer.byteLength(JSON.stringify(result));

test.each([
  ['Japanese text', '損'],
  ['quotes', '"'],
  ['emoji', '📉'],
])('a response of %s that Lambda would refuse is replaced by a problem', (_, text) => {
  const empty = { statusCode: 200, body: '' };
  const each = bytesOf({ ...empty, body: text }) - bytesOf(empty);
  const room = Math.floor((MAX_RESPONSE_BYTES - bytesOf(empty)) / each);
  const sizes: number[] = [];
  const fitting = { ...empty, body: text.repeat(room) };
  expect(limitResponse(fitting, (bytes) => sizes.push(bytes))).toBe(fitting);
  const tooLarge = { ...empty, body: text.repeat(room + 1) };
  const problem = limitResponse(tooLarge, (bytes) => sizes.push(bytes));
  expect(problem).toMatchObject({ statusCode: 500 });
  expect(JSON.parse(problem.body)).toMatchObject({
    status: 500,
    detail: expect.stringContaining('the response has'),
  });
  expect(sizes).toEqual([bytesOf(tooLarge)]);
});
