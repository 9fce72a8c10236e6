import { describe, expect, it } from 'vitest';
import { boot, project, stepOf, textOf } from './project.ts';

const main = (declarations: string, body: string): string =>
  `import { component, pipeline } from 'headrace';\n${declarations}\nexport const step = component({}, async function step(n: number) { ${body} });\nexport const main = pipeline({ name: 'demo' }, async (n: number) => step(n));`;

describe('TypeScript’s own syntax', () => {
  it.each<[string, string, string, unknown]>([
    [
      'overloads',
      'function f(a: string): string; function f(a: number): number; function f(a: unknown) { return a; }',
      'return f(n);',
      3,
    ],
    [
      'abstract classes and parameter properties',
      'abstract class A { constructor(protected readonly x: number) {} abstract get(): number; }\nclass B extends A { override get() { return this.x; } }',
      'return new B(n).get();',
      3,
    ],
    [
      'namespaces',
      'namespace N { export const a = 4; export function f() { return a; } }',
      'return N.f() + n;',
      7,
    ],
    ['constant enums', 'const enum E { A = 1, B = A << 2 }', 'return E.B + n;', 7],
    ['enums of texts', `enum E { A = 'a' }`, 'return E.A;', 'a'],
    [
      'satisfies, as, ! and type arguments',
      'const table = { a: 1 } satisfies Record<string, number>; const id = <T,>(x: T) => x; const numbers = id<number>;',
      'return (table as any).a! + numbers(n);',
      4,
    ],
    [
      'ambient declarations',
      'declare const elsewhere: number; declare function f(): void; declare global { interface Array<T> { own?: T } } declare module "x" {}',
      'return typeof elsewhere + n;',
      'undefined3',
    ],
    [
      'interfaces and types of the same name as a value',
      'interface Thing { a: number }\nconst Thing = (a: number): Thing => ({ a });',
      'return Thing(n).a;',
      3,
    ],
    [
      'private names and static blocks',
      'class C { static #made = 0; static { C.#made = 5; } static get made() { return C.#made; } }',
      'return C.made + n;',
      8,
    ],
    [
      'using, which Node.js 20 does not have',
      'let open = 0; const make = () => ({ [Symbol.for("Symbol.dispose")]() { open = 0; }, [Symbol.dispose]() { open = 0; } });',
      '{ using x = make(); open = n; void x; } return open;',
      0,
    ],
    [
      'labels, comma and exponent',
      'let x = 0;',
      'out: for (let i = 0; ; i++) { for (;;) { x = (x, i) ** 2; if (i > n) break out; continue out; } } return x;',
      16,
    ],
    [
      'optional chains and templates',
      'const o: { f?: (n: number) => number } = {};',
      'return `${o.f?.(n) ?? "none"}`;',
      'none',
    ],
    [
      'generators and async iteration',
      'async function* g(n: number) { for (let i = 0; i < n; i++) yield i; }',
      'let sum = 0; for await (const i of g(n)) sum += i; return sum;',
      3,
    ],
    [
      'tagged templates',
      'const tag = (s: TemplateStringsArray, ...v: number[]) => s.join("|") + v;',
      'return tag`a${n}b`;',
      'a|b3',
    ],
    [
      'statements without semicolons',
      'const a = [1]\nconst f = () => 2\nlet b = f\n;[0].forEach(() => {})\nconst c = `x`',
      'return a.length + b() + c;',
      '3x',
    ],
    [
      'shadowed names',
      'const n = "outer"; const other = (n: number) => n;',
      'const f = ({ n: [m] = [n] }: { n?: number[] }) => m; return [f({}), other(n)];',
      [3, 3],
    ],
    ['var in a block', 'if (true) { var early = 4; }', 'return early + n;', 7],
    [
      'a catch without a binding',
      'function f() { try { throw 1; } catch { return 2; } }',
      'return f() + n;',
      5,
    ],
    [
      'type imports without the type keyword',
      `import { Shape, area } from './shape.ts';`,
      'const s: Shape = { r: n }; return area(s);',
      9,
    ],
    ['types re-exported', `import { area } from './index.ts';`, 'return area({ r: n });', 9],
    [
      'the other file extensions',
      `import { a } from './a.mjs'; import { b } from './b.cjs'; import { c } from './c.js';`,
      'return a + b + c;',
      6,
    ],
  ])('a step may use %s', async (_, declarations, body, expected) => {
    const bundles = await project({
      'main.ts': main(declarations, body),
      'shape.ts':
        'export interface Shape { r: number }\nexport const area = (s: Shape) => s.r * s.r;',
      'index.ts': `export { Shape, area } from './shape.ts';\nexport type * from './shape.ts';`,
      'a.mts': 'export const a: number = 1;',
      'b.cts': 'exports.b = 2 as number;',
      'c.tsx': 'export const c: number = 3;',
    }).bundle();
    expect(await (await stepOf(bundles, 'step'))(3)).toEqual(expected);
  });

  it('a step may use legacy decorators where the tsconfig enables them', async () => {
    const files = {
      'main.ts': main(
        'const seen: string[] = []; function note(target: any) { seen.push(target.name); return target; }\n@note export class Model { x = 1; }',
        'return [new Model().x, seen];',
      ),
      'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
    };
    expect(await (await stepOf(await project(files).bundle(), 'step'))(3)).toEqual([1, ['Model']]);
  });

  it('a step may be plain JavaScript', async () => {
    const bundles = await project({
      'main.mjs': `#!/usr/bin/env node\n'use strict';\nimport { component, pipeline } from 'headrace';\nexport const step = component({}, async (n) => n + 1);\nexport const main = pipeline({ name: 'demo' }, async (n = 2) => step(n));`,
    }).bundle('main.mjs');
    expect(await (await stepOf(bundles, 'step'))(3)).toBe(4);
    expect(await boot(bundles).main.fn()).toEqual({ call: 'step', args: [2] });
  });

  it('a source may have a byte order mark and text beyond ASCII', async () => {
    const bundles = await project({
      'main.ts': `\ufeff// 🎉 ünïcode\n${main('const größe = "𝄞"; // 🎉', 'return größe + n;')}`,
    }).bundle();
    expect(await (await stepOf(bundles, 'step'))(3)).toBe('𝄞3');
    expect(textOf(bundles, 'step')).toContain('größe');
  });
});
