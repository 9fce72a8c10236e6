import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ConsoleFiles, problemsOf, sizesOf } from '../../../scripts/console-budget.ts';

const PAGE = '<script type="module" crossorigin src="/console/assets/index-a.js"></script>';
/** A text that gzip cannot make smaller than its bytes. */
const noise = (bytes: number): string => randomBytes(bytes * 0.75).toString('base64');

const built = (files: Readonly<Record<string, string>>): ConsoleFiles =>
  new Map(Object.entries({ 'index.html': PAGE, ...files }));

describe('the budget of the console', () => {
  it('counts what the entry and a screen load with themselves, once', () => {
    const sizes = sizesOf(
      built({
        'assets/index-a.js': `import{a}from"./shared-b.js";${noise(1_000)}`,
        'assets/shared-b.js': noise(2_000),
        'assets/screen-runs-c.js': `import"./shared-b.js";${noise(3_000)}`,
        'assets/screen-other-d.js': noise(4_000),
      }),
    );
    expect(sizes.start).toBeGreaterThan(4_000);
    expect(sizes.start).toBeLessThan(6_000);
    expect(sizes.all).toBeGreaterThan(7_000);
    expect([...sizes.screens.keys()].sort()).toEqual(['screen-other-d.js', 'screen-runs-c.js']);
  });

  it('a large entry is over the budget of the list of runs and of every screen', () => {
    const problems = problemsOf(
      built({ 'assets/index-a.js': noise(250_000), 'assets/screen-runs-c.js': '' }),
    );
    expect(problems.map((text) => text.split(':')[0])).toEqual([
      'the list of runs',
      'the screen screen-runs-c.js',
    ]);
  });

  it.each([
    ['a source map', { 'assets/index-a.js.map': '{}' }, 'source maps'],
    ['a reference to one', { 'assets/index-a.js': '//# sourceMappingURL=x' }, 'source maps'],
    ['an inline script', { 'index.html': '<script>1</script>' }, 'forbids inline'],
    ['a handler in an attribute', { 'index.html': '<body onload="x()">' }, 'forbids inline'],
    ['schemas', { 'assets/index-a.js': 'class ZodError{}' }, 'only types of src/wire'],
  ])('%s is refused', (_what, files, sentence) => {
    expect(problemsOf(built(files)).join()).toContain(sentence);
  });
});
