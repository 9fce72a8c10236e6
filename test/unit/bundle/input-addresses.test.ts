/** What the bundler records of the calls of `inputFile`. */
import { expect, it } from 'vitest';
import { project } from './project.ts';

const bundle = async (source: string, files: Readonly<Record<string, string>> = {}) => {
  const { code } = await project({ 'main.ts': source, ...files }).bundle();
  const parameters = code.signature.parameters.filter(({ input }) => input === true);
  return { inputs: code.inputs, parameters: parameters.map(({ name }) => name) };
};

it('literal addresses of the logic, also in functions of other files, and parameters are inputs', async () => {
  expect(
    await bundle(
      `import * as headrace from 'headrace'; import { inputFile as open } from 'headrace'; import { labels } from './labels.ts';
      export const main = headrace.pipeline({ name: 'main' }, async (path: string, other = 'b.csv', n = 1) => [open(path), open((other as string)!), open('a.csv'), headrace.inputFile(\`c.csv\`), open('a.csv'), open('d' + n), labels()]);`,
      {
        'labels.ts': `import { inputFile } from 'headrace'; export const labels = () => inputFile('labels.csv'); export const unused = () => inputFile('unused.csv');`,
      },
    ),
  ).toEqual({ inputs: ['a.csv', 'c.csv', 'labels.csv'], parameters: ['path', 'other'] });
});

it('a destructured parameter is an input, and a name in another function is none', async () => {
  expect(
    await bundle(
      `import { inputFile, pipeline } from 'headrace';
      const read = (rows: string) => inputFile(rows);
      export const main = pipeline({ name: 'main' }, async ({ data, rows }: { data: string; rows: string }) => [inputFile(data), read(rows)]);`,
    ),
  ).toEqual({ inputs: undefined, parameters: ['data'] });
});
