import { describe, expect, it } from 'vitest';
import { lineStyles } from '../../../../console/src/charts/line-styles.ts';

const ids = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `run-${index}`);

describe('the styles of lines', () => {
  it('up to 32 lines are all distinct', () => {
    const styles = [...lineStyles(ids(32)).values()];
    expect(new Set(styles.map((style) => JSON.stringify(style))).size).toBe(32);
  });

  it('a line has the same style whatever the order of the lines', () => {
    const styles = lineStyles(ids(10));
    expect(lineStyles([...ids(10)].reverse())).toEqual(styles);
  });

  it('most lines keep their style when one is added', () => {
    const before = lineStyles(ids(8));
    const after = lineStyles([...ids(8), 'another']);
    const kept = [...before].filter(
      ([id, style]) => JSON.stringify(after.get(id)) === JSON.stringify(style),
    );
    expect(kept.length).toBeGreaterThanOrEqual(6);
  });

  it('100 lines have styles', () => {
    expect(lineStyles(ids(100)).size).toBe(100);
  });
});
