import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = readFileSync(new URL('../../../runner/Dockerfile', import.meta.url), 'utf8');
const instructions = (name: string) =>
  [...text.matchAll(new RegExp(`^${name} +(.*)$`, 'gm'))].map(([, value]) => value);

test('the image of steps has a base that is pinned by its digest, and a user without rights of root', () => {
  expect(instructions('FROM')).toEqual(['${BASE}']);
  expect(instructions('ARG')).toEqual([
    expect.stringMatching(/^BASE=public\.ecr\.aws\/\S+:\S+@sha256:[0-9a-f]{64}$/),
  ]);
  expect(instructions('USER').at(-1)).toBe('1000:1000');
});
