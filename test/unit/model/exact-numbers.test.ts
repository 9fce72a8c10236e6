import { expect, it } from 'vitest';
import { findInexactNumber, inexactNumber } from '../../../src/model/exact-numbers.ts';

it.each([
  '0',
  '-0.0',
  '1e21',
  '100000000000000000000000',
  '9007199254740991',
  '9007199254740992',
  '0.1',
  '0.30000000000000004',
  '5e-324',
  '1.7976931348623157e308',
  '{"a": ["12345678901234567890", "\\"1e400"], "1e400": 2.50}',
])('%s is accepted: a number keeps its digits', (text) => {
  expect(inexactNumber(text)).toBeUndefined();
});

it.each([
  ['1e400', '1e400, which is larger than any number'],
  ['-1e400', '-1e400, which is larger than any number'],
  ['1e-400', '1e-400, which is smaller than any number'],
  [
    '[1, 12345678901234567890]',
    '12345678901234567890, which a number cannot hold: it would become 12345678901234567000. Pass it as a text',
  ],
  [
    '9007199254740993',
    '9007199254740993, which a number cannot hold: it would become 9007199254740992. Pass it as a text',
  ],
  [
    '{"x": 0.12345678901234567890123}',
    '0.12345678901234567890123, which a number cannot hold: it would become 0.12345678901234568. Pass it as a text',
  ],
])('%s is refused: a number loses digits', (text, reason) => {
  expect(inexactNumber(text)).toBe(reason);
});

it.each([
  ['1e400', ''],
  ['{"args":{"a":1,"n":1e400}}', 'args.n'],
  ['{"a":[{"b":"1e400, [{"},2,{"c":[0,[1e400]]}]}', 'a[2].c[1][0]'],
  ['[[],{},"\\"",12345678901234567890]', '[3]'],
])('the place of the number in %s is "%s"', (text, path) => {
  expect(findInexactNumber(text)?.path).toBe(path);
});
