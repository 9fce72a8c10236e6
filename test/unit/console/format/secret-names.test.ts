import { expect, it } from 'vitest';
import { isSecretName } from '../../../../console/src/format/secret-names.ts';

it.each([
  ['apiKey', true],
  ['API_KEY', true],
  ['dbPassword', true],
  ['DB_PASSWORD', true],
  ['token', true],
  ['authToken', true],
  ['GITHUB_TOKEN', true],
  ['clientSecret', true],
  ['credentials', true],
  ['tokens_per_batch', false],
  ['author', false],
  ['tokenizer', false],
  ['keyframe', false],
  ['size', false],
])('the value of %s is masked: %s', (name, isSecret) => {
  expect(isSecretName(name)).toBe(isSecret);
});
