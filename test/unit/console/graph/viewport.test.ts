import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fitTo,
  reveal,
  shows,
  visibleBounds,
  zoomAt,
} from '../../../../console/src/graph/model/viewport.ts';

const SCREEN = { width: 1_000, height: 700 };
const place = fc.integer({ min: -50_000, max: 50_000 });
const length = fc.integer({ min: 1, max: 60_000 });
const anyBounds = fc
  .tuple(place, place, length, length)
  .map(([left, top, width, height]) => ({ left, top, right: left + width, bottom: top + height }));

describe('the visible part of the picture', () => {
  it('a fitted picture is visible as a whole, and is not enlarged', () => {
    fc.assert(
      fc.property(anyBounds, (bounds) => {
        const viewport = fitTo(bounds, SCREEN);
        expect(shows(viewport, SCREEN, bounds)).toBe(true);
        expect(viewport.scale).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('zooming keeps the point below the pointer', () => {
    const share = fc.integer({ min: 0, max: 700 });
    fc.assert(
      fc.property(
        anyBounds,
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        share,
        share,
        (bounds, factor, x, y) => {
          const before = fitTo(bounds, SCREEN);
          const after = zoomAt(before, factor, x, y);
          const world = (scale: number, offset: number, at: number) => (at - offset) / scale;
          const size = Math.max(1, 1 / before.scale);
          expect(world(after.scale, after.x, x)).toBeCloseTo(
            world(before.scale, before.x, x),
            -Math.log10(size * 1e-3),
          );
          expect(world(after.scale, after.y, y)).toBeCloseTo(
            world(before.scale, before.y, y),
            -Math.log10(size * 1e-3),
          );
        },
      ),
    );
  });

  it('a part that is brought into view is visible, and a visible part moves nothing', () => {
    fc.assert(
      fc.property(anyBounds, place, place, (bounds, x, y) => {
        const part = { left: x, top: y, right: x + 150, bottom: y + 40 };
        const shown = reveal(fitTo(bounds, SCREEN), part, SCREEN, 0.5);
        expect(shows(shown, SCREEN, part)).toBe(true);
        // Rounded: places have up to ten digits before the point.
        const again = reveal(shown, part, SCREEN, 0.5);
        expect([again.scale, again.x, again.y]).toEqual(
          [shown.scale, shown.x, shown.y].map((each) => expect.closeTo(each, 4)),
        );
        expect(shown.scale).toBeGreaterThanOrEqual(0.5);
      }),
    );
  });

  it('a part larger than the screen is centred', () => {
    const part = { left: 0, top: 0, right: 5_000, bottom: 100 };
    const shown = visibleBounds(reveal({ scale: 1, x: 0, y: 0 }, part, SCREEN), SCREEN);
    expect((shown.left + shown.right) / 2).toBe(2_500);
  });
});
