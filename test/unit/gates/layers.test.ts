import { describe, expect, it } from 'vitest';
import { violations } from '../../../scripts/layers.ts';

const of = (file: string, text: string) => violations([[file, text]]);

describe('the check of layers', () => {
  it.each([
    ['a plain import', `import { x } from '../controller/decide.ts';`],
    ['an import of types', `import type { X } from '../controller/decide.ts';`],
    ['a type import inside a type', `export const x: import('../controller/decide.ts').X = 1;`],
    ['an export of another module', `export { x } from '../controller/decide.ts';`],
    ['an export of a whole module', `export * from '../controller/decide.ts';`],
    ['a lazy import', `export const load = () => import('../controller/decide.ts');`],
  ])('%s against the order is refused', (_form, text) => {
    expect(of('src/runner/step.ts', text)).toEqual([
      'src/runner/step.ts imports src/controller/decide.ts: src/runner may import only src/model, src/ports, src/codec, src/folders, src/downloads, src/sdk',
    ]);
  });

  it('an import into the model is refused', () => {
    expect(of('src/model/run.ts', `import '../ports/tasks.ts';`)).toEqual([
      'src/model/run.ts imports src/ports/tasks.ts: src/model may import nothing of ours',
    ]);
  });

  it('an import between two adapters is refused', () => {
    expect(of('src/aws/tasks.ts', `import '../local/store/tasks.ts';`)).toHaveLength(1);
  });

  it('a file outside every layer is refused', () => {
    expect(of('src/helpers/all.ts', '')).toEqual([
      'src/helpers/all.ts is in no layer: name its folder in scripts/layers.ts and docs/design.md',
    ]);
  });

  it('imports in the order, within a layer and of packages are accepted', () => {
    const text = `import { z } from 'zod'; import { a } from '../model/run.ts'; import { b } from '../ports/tasks.ts'; import { c } from './wake.ts';`;
    expect(of('src/controller/turn/turn.ts', text)).toEqual([]);
  });

  it('a folder inside a layer is a layer of its own', () => {
    expect(of('src/sdk/replay/index.ts', `import '../lazy.ts';`)).toEqual([]);
    expect(of('src/sdk/lazy.ts', `import './replay/index.ts';`)).toHaveLength(1);
  });

  it('a program is a layer of its own', () => {
    expect(of('src/programs/step-subprocess.ts', `import '../local/objects.ts';`)).toEqual([]);
    expect(of('src/runner/run-step.ts', `import '../local/objects.ts';`)).toHaveLength(1);
  });
});
