/**
 * Measures the bundling at the start of a run: twenty components, in a process that has bundled
 * nothing before.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Samples, time } from './harness.ts';

const COMPONENT_COUNT = 20;

/** In the repository, so that `zod` resolves. */
const FOLDER = fileURLToPath(new URL('../node_modules/', import.meta.url));

/** Each component has its own helper; all share one helper and a package. */
function source(): string {
  const numbers = Array.from({ length: COMPONENT_COUNT }, (_, index) => index);
  return [
    `import { component, pipeline } from 'headrace';`,
    `import { z } from 'zod';`,
    'const schema = z.object({ x: z.number() });',
    'const common = (x: number): number => schema.parse({ x }).x;',
    ...numbers.map((n) => `const own${n} = (x: number): number => common(x) + ${n};`),
    ...numbers.map(
      (n) =>
        `export const step${n} = component({ returnValues: ['y'] }, function step${n}(x: number) { return own${n}(x); });`,
    ),
    `export const main = pipeline({ name: 'twenty', project: 'bench' }, async function main(x = 1) {`,
    `  return [${numbers.map((n) => `step${n}(x)`).join(', ')}];`,
    '});',
  ].join('\n');
}

/** Returns one sample, because a process is cold only once. Loading the bundler counts. */
export async function measureBundle(): Promise<Samples> {
  const folder = await mkdtemp(join(FOLDER, '.bench-'));
  try {
    const file = join(folder, 'pipeline.ts');
    await writeFile(file, source());
    const milliseconds = await time(async () => {
      const [{ bundlePipeline }, { sdkFiles }] = await Promise.all([
        import('../src/bundle/bundle-pipeline.ts'),
        import('../src/submit/sdk-files.ts'),
      ]);
      const { code } = await bundlePipeline({ file, sdk: sdkFiles() });
      if (code.components.length !== COMPONENT_COUNT)
        throw new Error(`${code.components.length} components were bundled`);
    });
    return new Map([['bundle', [milliseconds]]]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
