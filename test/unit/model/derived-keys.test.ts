import { createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { open, seal } from '../../../src/aws/messages/envelope.ts';
import { createEvaluatorTokens, createJobTokens } from '../../../src/engine/job-tokens.ts';
import { createFileLinks } from '../../../src/local/file-links.ts';
import { createFileObjects } from '../../../src/local/file-objects.ts';
import { type KeyPurpose, sign } from '../../../src/model/derived-keys.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { RUN } from '../../support/step-spec.ts';

const SECRET = Buffer.from('the secret of a home or a deployment');
const PURPOSES: readonly KeyPurpose[] = ['attempt', 'evaluator', 'control', 'link'];

/** Every text, with and without the prefix that could stand for its purpose, under each key. */
const signaturesOf = (text: string, own: KeyPurpose): readonly string[] =>
  PURPOSES.filter((purpose) => purpose !== own).flatMap((purpose) =>
    [text, `${own}:${text}`, `the ${own} of ${text}`].map((each) =>
      sign(SECRET, purpose, each).toString('base64url'),
    ),
  );

/** Tokens of attempts whose jobs have such names: once, one key signed everything. */
const tokensNamed = (...names: readonly string[]): readonly string[] => {
  const token = createJobTokens(SECRET);
  return names.map((name) => token(name));
};

describe('a signature for one purpose is refused for another', () => {
  test('the key of a purpose follows from the secret by HKDF-SHA256', () => {
    const key = Buffer.from(hkdfSync('sha256', SECRET, '', 'headrace link', 32));
    const expected = createHmac('sha256', key).update('text').digest('hex');
    expect(sign(SECRET, 'link', 'text').toString('hex')).toBe(expected);
    for (const purpose of PURPOSES.filter((each) => each !== 'link'))
      expect(sign(SECRET, purpose, 'text').toString('hex')).not.toBe(expected);
  });

  test('no other token is the token of an external evaluator', () => {
    const token = createEvaluatorTokens(SECRET)(RUN);
    expect(signaturesOf(RUN, 'evaluator')).not.toContain(token);
    expect(tokensNamed(RUN, `the evaluator of ${RUN}`)).not.toContain(token);
  });

  test('no other token is the MAC of a control transition', () => {
    const transition: Transition = { kind: 'run.abort', run: RUN, reason: 'forged' };
    const text = JSON.stringify(transition);
    const isAccepted = (mac: string) => open(JSON.stringify({ v: 1, transition, mac }), SECRET).ok;
    expect(open(seal(transition, SECRET), SECRET).ok).toBe(true);
    for (const mac of [...signaturesOf(text, 'control'), ...tokensNamed(text, `control:${text}`)])
      expect(isAccepted(mac)).toBe(false);
  });

  test('no other token is the signature of a link', async () => {
    const links = createFileLinks({
      objects: createFileObjects('/nowhere'),
      secret: SECRET,
      clock: { now: () => 0 },
      baseUrl: () => 'http://127.0.0.1:1',
    });
    const { url } = await links.read('code/some');
    const expires = new URL(url).searchParams.get('expires') ?? '';
    const text = JSON.stringify(['GET', 'code/some', expires, '', '', '']);
    const statusWith = async (signature: string) => {
      const forged = new URL(url);
      forged.searchParams.set('signature', signature);
      return (await links.handle(new Request(forged))).status;
    };
    expect((await links.handle(new Request(url))).status).toBe(404);
    for (const each of [...signaturesOf(text, 'link'), ...tokensNamed(text, `link:${text}`)])
      expect(await statusWith(each)).toBe(403);
  });
});
