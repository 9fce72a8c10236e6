import { describe, expect, it } from 'vitest';
import { violations } from '../../../scripts/layers.ts';

const of = (file: string, text: string) => violations([[file, text]]);

describe('the check of layers', () => {
  it.each([
    ['a plain import', `import { x } from '../controller/decide.ts';`],
    ['an import of types', `import type { X } from '../controller/decide.ts';`],
    ['a type named in place', `export const x: import('../controller/decide.ts').X = 1;`],
    ['an export of another module', `export { x } from '../controller/decide.ts';`],
    ['an export of all of another module', `export * from '../controller/decide.ts';`],
    ['a lazy import', `export const load = () => import('../controller/decide.ts');`],
  ])('refuses %s against the order', (_form, text) => {
    expect(of('src/runner/step.ts', text)).toEqual([
      'src/runner/step.ts imports src/controller/decide.ts: src/runner may import only src/model, src/ports, src/codec, src/sdk',
    ]);
  });

  it('refuses any import of ours in the model', () => {
    expect(of('src/model/run.ts', `import '../ports/tasks.ts';`)).toEqual([
      'src/model/run.ts imports src/ports/tasks.ts: src/model may import nothing of ours',
    ]);
  });

  it('refuses adapters that import each other', () => {
    expect(of('src/aws/tasks.ts', `import '../local/store/tasks.ts';`)).toHaveLength(1);
  });

  it('refuses a file outside every layer', () => {
    expect(of('src/helpers/all.ts', '')).toEqual([
      'src/helpers/all.ts is in no layer: name its folder in scripts/layers.ts and docs/design.md',
    ]);
  });

  it('lets imports with the order, within a layer and of packages pass', () => {
    const text = `import { z } from 'zod'; import { a } from '../model/run.ts'; import { b } from '../ports/tasks.ts'; import { c } from './wake.ts';`;
    expect(of('src/controller/turn/turn.ts', text)).toEqual([]);
  });

  it('knows the folders inside a folder as layers of their own', () => {
    expect(of('src/sdk/replay/index.ts', `import '../lazy.ts';`)).toEqual([]);
    expect(of('src/sdk/lazy.ts', `import './replay/index.ts';`)).toHaveLength(1);
  });

  it('knows an entry point as a layer of its own', () => {
    expect(of('src/programs/step-subprocess.ts', `import '../local/objects.ts';`)).toEqual([]);
    expect(of('src/runner/run-step.ts', `import '../local/objects.ts';`)).toHaveLength(1);
  });
});
