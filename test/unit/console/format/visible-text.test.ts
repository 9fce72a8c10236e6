import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleParts, visibleText } from '../../../../console/src/format/visible-text.ts';

describe('texts of pipelines in the console', () => {
  it('a control that reverses the direction is a mark with its name', () => {
    expect(visibleParts('train\u202Egpj.exe')).toEqual([
      { kind: 'text', text: 'train' },
      { kind: 'mark', text: 'U+202E', title: 'U+202E right-to-left override' },
      { kind: 'text', text: 'gpj.exe' },
    ]);
  });

  it('zero width characters, controls and unpaired surrogates are marks', () => {
    expect(visibleText('a\u200Bb\u001Bc\uD800d\u3164')).toBe(
      'a‹U+200B›b‹U+001B›c‹U+D800›d‹U+3164›',
    );
  });

  it('letters of all scripts and joined pictographs are not changed', () => {
    for (const text of ['прогноз', '予測', 'تنبؤ', 'é', '👩‍🔬', '❤️‍🔥', ''])
      expect(visibleText(text)).toBe(text);
  });

  it('no character is lost, and no invisible one remains', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parts = visibleParts(text);
        const restored = parts.map((part) =>
          part.kind === 'text'
            ? part.text
            : String.fromCodePoint(Number.parseInt(part.text.slice(2), 16)),
        );
        expect(restored.join('')).toBe(text);
        expect(visibleText(text)).not.toMatch(/[\u200B\u202A-\u202E\u2066-\u2069]/);
      }),
    );
  });
});
