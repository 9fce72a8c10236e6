import { describe, expect, it } from 'vitest';
import { boot, componentOf, project, stepOf } from './project.ts';

const PIPELINE = (call: string): string =>
  `export const main = pipeline({ name: 'demo' }, async (n: number) => ${call});`;

/** The component's id and name, and the result of its function for 3. */
async function declared(
  files: Record<string, string>,
  name: string,
): Promise<{ id: string; result: unknown }> {
  const bundles = await project(files).bundle();
  return { id: componentOf(bundles, name).id, result: await (await stepOf(bundles, name))(3) };
}

describe('the forms of a component', () => {
  it.each([
    [
      'a constant with a named function',
      'const step = component({}, async function twice(n: number) { return 2 * n; });',
      'step(n)',
      'step',
      'twice',
    ],
    [
      'a constant with an arrow function',
      'export const twice = component({}, (n: number) => 2 * n);',
      'twice(n)',
      'twice',
      'twice',
    ],
    [
      'named by its options',
      `export const step = component({ name: 'Twice it' }, (n: number) => 2 * n);`,
      'step(n)',
      'step',
      'Twice it',
    ],
    [
      'named by options in a constant',
      `const options = { name: 'Twice it' } as const; const step = component(options, (n: number) => 2 * n);`,
      'step(n)',
      'step',
      'Twice it',
    ],
    [
      'declared with options from a call',
      'const step = component(makeOptions(), (n: number) => 2 * n); function makeOptions() { return {}; }',
      'step(n)',
      'step',
      'step',
    ],
    [
      'declared with a function of the same module',
      'const step = component({}, twice); function twice(n: number) { return 2 * n; }',
      'step(n)',
      'step',
      'twice',
    ],
    [
      'declared with an arrow function in a constant',
      'const twice = (n: number) => 2 * n; const step = component({}, twice);',
      'step(n)',
      'step',
      'twice',
    ],
    [
      'a property of an object',
      'const steps = { twice: component({}, (n: number) => 2 * n) };',
      'steps.twice(n)',
      'steps.twice',
      'twice',
    ],
    [
      'a property deep in an object',
      'const steps = { math: { twice: component({}, (n: number) => 2 * n) } } as const;',
      'steps.math.twice(n)',
      'steps.math.twice',
      'twice',
    ],
    [
      'an element of a list',
      'const steps = [component({}, function twice(n: number) { return 2 * n; })];',
      'steps[0]!(n)',
      'steps.0',
      'twice',
    ],
    [
      'exported under another name',
      'const step = component({}, (n: number) => 2 * n); export { step as other };',
      'step(n)',
      'step',
      'step',
    ],
    [
      'declared with a method of an object',
      'const math = { twice(n: number) { return 2 * n; } }; const step = component({}, math.twice);',
      'step(n)',
      'step',
      'twice',
    ],
    [
      'named like a global that it uses',
      'const structuredClone_ = 1; const step = { structuredClone: component({}, (n: number) => structuredClone(2 * n)) };',
      'step.structuredClone(n)',
      'step.structuredClone',
      'structuredClone',
    ],
  ])('a component is recognized when it is %s', async (_, declaration, call, path, name) => {
    const main = `import { component, pipeline } from 'headrace';\n${declaration}\n${PIPELINE(call)}`;
    expect(await declared({ 'main.ts': main }, name)).toEqual({ id: `main.ts#${path}`, result: 6 });
  });

  it.each([
    [
      'a default export',
      'export default component({}, function twice(n: number) { return 2 * n; });',
      `import step from './steps.ts';`,
      'step(n)',
      'default',
      'twice',
    ],
    [
      'a constant that is the default export',
      'const twice = component({}, (n: number) => 2 * n); export default twice;',
      `import step from './steps.ts';`,
      'step(n)',
      'twice',
      'twice',
    ],
    [
      'imported as a member of a namespace',
      'export const twice = component({}, (n: number) => 2 * n);',
      `import * as steps from './steps.ts';`,
      'steps.twice(n)',
      'twice',
      'twice',
    ],
    [
      'exported under an alias',
      'const a = component({}, (n: number) => 2 * n); export { a as b };',
      `import { b } from './steps.ts';`,
      'b(n)',
      'a',
      'a',
    ],
    [
      'exported under a string',
      'const a = component({}, (n: number) => 2 * n); export { a as "the step" };',
      `import { "the step" as b } from './steps.ts';`,
      'b(n)',
      'a',
      'a',
    ],
  ])(
    'an imported component is recognized when it is %s',
    async (_, steps, imports, call, path, name) => {
      const files = {
        'main.ts': `import { pipeline } from 'headrace';\n${imports}\n${PIPELINE(call)}`,
        'steps.ts': `import { component } from 'headrace';\n${steps}`,
      };
      expect(await declared(files, name)).toEqual({ id: `steps.ts#${path}`, result: 6 });
    },
  );

  it.each([
    ['an imported function', `import { twice } from './math.ts';`, 'twice'],
    ['a default import', `import double from './math.ts';`, 'double'],
    ['a function of a namespace', `import * as math from './math.ts';`, 'math.twice'],
    ['a function that a package exports', `import { twice } from 'maths';`, 'twice'],
  ])('a component may be declared with %s', async (_, imports, fn) => {
    const files = {
      'main.ts': `import { component, pipeline } from 'headrace';\n${imports}\nexport const step = component({ name: 'twice' }, ${fn});\n${PIPELINE('step(n)')}`,
      'math.ts': 'export function twice(n: number) { return 2 * n; }\nexport default twice;',
      'node_modules/maths/package.json':
        '{ "name": "maths", "version": "1.0.0", "type": "module", "main": "index.js" }',
      'node_modules/maths/index.js': 'export function twice(n) { return 2 * n; }',
    };
    expect(await declared(files, 'twice')).toEqual({ id: 'main.ts#step', result: 6 });
  });
});

describe('the forms of component and pipeline', () => {
  it.each([
    ['aliased imports', `import { component as c, pipeline as p } from 'headrace';`, 'c', 'p'],
    [
      'members of a namespace',
      `import * as headrace from 'headrace';`,
      'headrace.component',
      'headrace.pipeline',
    ],
    [
      'members of PipelineDecorator',
      `import { PipelineDecorator } from 'headrace';`,
      'PipelineDecorator.component',
      'PipelineDecorator.pipeline',
    ],
    [
      'members of PipelineDecorator of a namespace',
      `import * as h from 'headrace';`,
      'h.PipelineDecorator.component',
      'h.PipelineDecorator.pipeline',
    ],
    [
      'destructured constants',
      `import { PipelineDecorator } from 'headrace'; const { component, pipeline: p } = PipelineDecorator;`,
      'component',
      'p',
    ],
    [
      'constants',
      `import * as h from 'headrace'; const P = h.PipelineDecorator; const make = P.component; const p = h.pipeline;`,
      'make',
      'p',
    ],
    ['re-exports of the project', `import { component, p } from './lib.ts';`, 'component', 'p'],
    ['members in brackets', `import * as h from 'headrace';`, `h['component']`, `h['pipeline']`],
  ])('component and pipeline are recognized as %s', async (_, imports, component, pipeline) => {
    const bundles = await project({
      'main.ts': `${imports}
        export const twice = ${component}({ cache: true }, (n: number) => 2 * n);
        export const main = ${pipeline}({ name: 'demo' }, async (n: number) => twice(n));`,
      'lib.ts': `export { component, pipeline as p } from 'headrace';`,
    }).bundle();
    expect(await (await stepOf(bundles, 'twice'))(3)).toBe(6);
    const { main, declared } = boot(bundles);
    expect(main.meta).toEqual({ id: 'main.ts#main', name: 'demo' });
    expect(declared.map((each) => each.fn)).toEqual([undefined]);
    expect(await main.fn(1)).toEqual({ call: 'twice', args: [1] });
  });

  it('a local function named component is an ordinary function of the user', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        function render(component: (options: object, fn: () => string) => string) { return component({}, () => 'mine'); }
        export const page = component({}, () => render((_, fn) => fn()));
        export const main = pipeline({ name: 'demo' }, async () => page());`,
    }).bundle();
    expect(await (await stepOf(bundles, 'page'))()).toBe('mine');
  });
});

describe('the bundle of a step', () => {
  it('a bundle finds the running step by the symbol that the runner sets', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, currentStep, pipeline } from 'headrace';
        export const report = component({}, () => currentStep());
        export const main = pipeline({ name: 'demo' }, async () => report());`,
    }).bundle();
    const running = { name: 'report' };
    Reflect.set(globalThis, Symbol.for('headrace.step'), running);
    expect(await (await stepOf(bundles, 'report'))()).toBe(running);
    Reflect.deleteProperty(globalThis, Symbol.for('headrace.step'));
  });

  it('a bundle has stand-ins for the components and pipelines that it mentions', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        import { readFileSync } from 'node:fs';
        export const inner = component({}, () => readFileSync('x'));
        export const outer = component({}, () => inner());
        export const main = pipeline({ name: 'demo' }, async () => outer());`,
    }).bundle();
    const outer = await stepOf(bundles, 'outer');
    expect(() => outer()).toThrow('inner called in a step');
  });

  it('a bundle names the function after its constant, for stack traces', async () => {
    const bundles = await project({
      'main.ts': `
        import { component, pipeline } from 'headrace';
        export const explode = component({}, () => { throw new Error('here'); });
        export const main = pipeline({ name: 'demo' }, async () => explode());`,
    }).bundle();
    const explode = await stepOf(bundles, 'explode');
    let stack = '';
    try {
      explode();
    } catch (error) {
      stack = error instanceof Error ? String(error.stack) : '';
    }
    expect(stack).toContain('at explode ');
  });
});
