import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LINE_COLORS } from '../../../../console/src/charts/line-styles.ts';
import { type ColorName, PALETTE } from '../../../../console/src/ui/palette.ts';
import { statusStyle } from '../../../../console/src/ui/statuses.ts';
import { colorDistance, contrast, STATUSES, simulate, VISION_NAMES } from './colors.ts';

const names = Object.keys(PALETTE).filter((name): name is ColorName => name in PALETTE);
const SCHEMES = ['light', 'dark'] as const;

describe('the colours of the console', () => {
  it('those of the style sheet and of the canvas are the same', () => {
    const css = readFileSync('console/src/ui/tokens.css', 'utf8');
    const found = [...css.matchAll(/--color-([\w-]+): light-dark\((#\w+), (#\w+)\)/g)].map(
      ([, name = '', light, dark]) => [name, { light, dark }] as const,
    );
    expect(Object.fromEntries(found)).toEqual(PALETTE);
  });

  it.each(SCHEMES)('text has a contrast of 4.5 with every surface, %s', (scheme) => {
    const texts = names.filter((name) =>
      [...STATUSES, 'ink', 'muted', 'accent'].some((each) => each === name),
    );
    for (const surface of ['bg', 'surface', 'raised', 'selected'] as const)
      for (const text of texts)
        expect
          .soft(contrast(PALETTE[text][scheme], PALETTE[surface][scheme]), `${text} on ${surface}`)
          .toBeGreaterThanOrEqual(4.5);
    expect(contrast(PALETTE['accent-ink'][scheme], PALETTE.accent[scheme])).toBeGreaterThanOrEqual(
      4.5,
    );
  });

  it.each([
    ['light', 2.6],
    ['dark', 2.7],
  ] as const)(
    'fills of statuses, lines of charts and borders of fields stand out, %s',
    (scheme, least) => {
      for (const name of names.filter((each) => each.endsWith('-fill')))
        expect
          .soft(contrast(PALETTE[name][scheme], PALETTE.surface[scheme]), name)
          .toBeGreaterThanOrEqual(least);
      for (const name of names.filter((each) => /^line-\d$/.test(each)))
        expect
          .soft(contrast(PALETTE[name][scheme], PALETTE.surface[scheme]), name)
          .toBeGreaterThanOrEqual(3);
      expect(contrast(PALETTE.field[scheme], PALETTE.surface[scheme])).toBeGreaterThanOrEqual(3);
    },
  );

  const CRITICAL = [
    ['failed', 'aborted'],
    ['failed', 'completed'],
    ['failed', 'running'],
    ['failed', 'queued'],
    ['completed', 'cached'],
    ['completed', 'aborted'],
    ['running', 'queued'],
    ['running', 'completed'],
    ['completed', 'skipped'],
  ] as const;

  const VIEWS = SCHEMES.flatMap((scheme) =>
    VISION_NAMES.map((vision) => [scheme, vision] as const),
  );

  it.each(VIEWS)(
    'statuses that must not be mistaken differ, %s, colour blindness: %s',
    (scheme, vision) => {
      for (const [a, b] of CRITICAL) {
        const [one, other] = ([`${a}-fill`, `${b}-fill`] as const).map((name) =>
          simulate(PALETTE[name][scheme], vision),
        );
        // The pattern of skipped cells differs, too. Tritanopia is rare; 2.3 is just noticeable.
        const least = b === 'skipped' || vision === 'tritanopia' ? 9 : 12;
        expect.soft(colorDistance(one, other), `${a}, ${b}`).toBeGreaterThanOrEqual(least);
      }
    },
  );

  it.each(VIEWS)('all lines of a chart differ, %s, colour blindness: %s', (scheme, vision) => {
    for (const one of LINE_COLORS)
      for (const other of LINE_COLORS)
        if (one < other)
          expect
            .soft(
              colorDistance(
                simulate(PALETTE[one][scheme], vision),
                simulate(PALETTE[other][scheme], vision),
              ),
              `${one}, ${other}`,
            )
            .toBeGreaterThanOrEqual(11.5);
  });

  it('each status has a glyph of its own, so that no colour is needed to read it', () => {
    const glyphs = STATUSES.map((status) => statusStyle(status).glyph);
    expect(new Set(glyphs).size).toBe(STATUSES.length);
  });
});
