import { expect, it } from 'vitest';
import { argsDigest, canonicalText } from '../../../../../console/src/screens/run/args-digest.ts';

it('the digest of arguments does not depend on the order of properties', () => {
  expect(argsDigest({ a: 1, b: { c: [1, 2], d: null } })).toBe(
    argsDigest({ b: { d: null, c: [1, 2] }, a: 1 }),
  );
  expect(argsDigest({ a: 1 })).not.toBe(argsDigest({ a: '1' }));
  expect(canonicalText({ b: 1, a: undefined })).toBe('{"b":1}');
});
