/** Random projects: a step returns the same from its bundle as in the whole program. */
import fc from 'fast-check';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { hashes, load, project, sdk, stepOf } from './project.ts';

/** For more runs: `HEADRACE_BUNDLE_RUNS=500 npx vitest run test/unit/bundle/random.test.ts`. */
const RUNS = Number(process.env.HEADRACE_BUNDLE_RUNS ?? 12);

type Form = 'const' | 'function' | 'arrow' | 'class' | 'pattern' | 'object' | 'enum' | 'mutated';
type Import = 'named' | 'renamed' | 'namespace' | 'star' | 'dynamic';

interface Plan {
  readonly modules: readonly {
    readonly forms: readonly Form[];
    readonly uses: readonly number[];
    readonly imports: readonly Import[];
  }[];
  readonly step: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  modules: fc.array(
    fc.record({
      forms: fc.array(
        fc.constantFrom<Form>(
          'const',
          'function',
          'arrow',
          'class',
          'pattern',
          'object',
          'enum',
          'mutated',
        ),
        { minLength: 1, maxLength: 6 },
      ),
      uses: fc.array(fc.nat(50), { minLength: 6, maxLength: 6 }),
      imports: fc.array(fc.constantFrom<Import>('named', 'renamed', 'namespace', 'star'), {
        minLength: 4,
        maxLength: 4,
      }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  step: fc.nat(50),
});

/** A name that module m declares, `v<m>_<i>`: a function that takes nothing and returns a number. */
const name = (module: number, index: number): string => `v${module}_${index}`;

function write({ modules, step }: Plan): { files: Record<string, string>; steps: string[] } {
  const files: Record<string, string> = {};
  const all: { module: number; index: number }[] = [];
  const steps: string[] = [];
  for (const [m, { forms, uses, imports }] of modules.entries()) {
    const lines: string[] = [];
    const visible: string[] = [];
    for (const [k, form] of imports.entries()) {
      const source = all[(uses[k] ?? 0) % Math.max(1, all.length)];
      if (source === undefined) continue;
      const imported = name(source.module, source.index);
      const from = `'./m${source.module}.ts'`;
      const local = `i${m}_${k}`;
      if (form === 'named') lines.push(`import { ${imported} as ${local} } from ${from};`);
      else if (form === 'namespace')
        lines.push(
          `import * as ${local}_all from ${from}; const ${local} = () => ${local}_all.${imported}();`,
        );
      else if (form === 'renamed')
        lines.push(
          `export { ${imported} as ${local}_out } from ${from}; import { ${imported} as ${local} } from ${from};`,
        );
      else {
        files[`star${m}_${k}.ts`] = `export * from ${from};`;
        lines.push(`import { ${imported} as ${local} } from './star${m}_${k}.ts';`);
      }
      visible.push(local);
    }
    for (const [i, form] of forms.entries()) {
      const own = name(m, i);
      const used = visible[(uses[i] ?? 0) % Math.max(1, visible.length)];
      const value = used === undefined ? String(m + i) : `${used}() + ${i}`;
      lines.push(declaration(form, own, value));
      visible.push(own);
      all.push({ module: m, index: i });
    }
    lines.push(`log.push('loaded ${m}');`);
    files[`m${m}.ts`] = `import { log } from './log.ts';\n${lines.join('\n')}`;
  }
  files['log.ts'] = 'export const log: string[] = [];';
  const chosen = [step, step + 7]
    .map((each) => all[each % all.length])
    .filter((each) => each !== undefined);
  const imports = chosen.map(
    ({ module, index }, k) =>
      `import { ${name(module, index)} as used${k} } from './m${module}.ts';`,
  );
  const components = chosen.map(
    (_, k) => `export const step${k} = component({}, async () => ({ value: used${k}(), log }));`,
  );
  for (const [k] of chosen.entries()) steps.push(`step${k}`);
  files['main.ts'] = [
    `import { component, pipeline } from 'headrace';\nimport { log } from './log.ts';`,
    ...imports,
    ...components,
    `export const main = pipeline({ name: 'demo' }, async () => [${steps.map((each) => `${each}()`).join(', ')}]);`,
  ].join('\n');
  return { files, steps };
}

function declaration(form: Form, own: string, value: string): string {
  switch (form) {
    case 'const':
      return `const ${own}_value = ${value}; export const ${own} = () => ${own}_value;`;
    case 'function':
      return `export function ${own}() { const log = 1; return ${value} + log; }`;
    case 'arrow':
      return `export const ${own} = (): number => { { let ${own}_shadow = 1; var sum = ${own}_shadow; } return ${value} + sum; };`;
    case 'class':
      return `class ${own}_class { static start = ${value}; #x = 1; get() { return ${own}_class.start + this.#x; } } export const ${own} = () => new ${own}_class().get();`;
    case 'pattern':
      return `const { a: [${own}_a = ${value}], ...${own}_rest } = { a: [] as number[], b: 2 }; export const ${own} = () => ${own}_a + ${own}_rest.b;`;
    case 'object':
      return `const ${own}_object = { get() { return ${value}; }, ['k' + 1]: 2 }; const { get: ${own}_get } = ${own}_object; const ${own} = ${own}_get; export { ${own} };`;
    case 'enum':
      return `enum ${own}_enum { A = 3, B = A + 1 } export const ${own} = () => ${own}_enum.B + ${value};`;
    case 'mutated':
      return `let ${own}_count = 0; ${own}_count = ${value}; export const ${own} = () => ${own}_count; ${own}.extra = ${own}_count;`;
  }
}

/** The functions of the components, from a bundle of the whole program without tree shaking. */
async function wholeProgram(file: string): Promise<Record<string, unknown>> {
  const bundle = await rolldown({
    input: file,
    logLevel: 'silent',
    treeshake: false,
    plugins: [
      { name: 'host', resolveId: (id) => (id === 'headrace' ? { id: sdk.host } : undefined) },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
  await bundle.close();
  return await load(output[0].code);
}

describe('random projects', () => {
  it('a step of a random project returns the same from its bundle as in the whole program', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (random) => {
        const { files, steps } = write(random);
        const sample = project(files);
        const bundles = await sample.bundle();
        const whole = await wholeProgram(sample.path('main.ts'));
        for (const step of steps) {
          const direct = whole[step];
          const expected = typeof direct === 'function' ? await direct() : undefined;
          expect(await (await stepOf(bundles, step))()).toEqual(expected);
        }
        // Another component's function must not change the bundle. (Modules that it loads may,
        // because they have effects when they are loaded.)
        const other = {
          ...files,
          'main.ts': (files['main.ts'] ?? '').replace(
            /component\(\{\}, async \(\) => \(\{ value: used1\(\), log \}\)\)/,
            'component({ cache: true }, async (n: number) => [used1, n, log.length])',
          ),
        };
        expect(hashes(await project(other).bundle()).step0).toBe(hashes(bundles).step0);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
