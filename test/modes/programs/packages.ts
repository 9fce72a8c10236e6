/** Code of the project in packages. */
import { completes, type Programs } from '../program.ts';

const manifest = (name: string, more: object): string =>
  JSON.stringify({ name, version: '1.0.0', type: 'module', ...more });

const PEER = { peerDependencies: { headrace: '*' } };

export const PACKAGES: Programs = {
  'TypeScript sources and components of linked packages': {
    source: `
  import { greet } from '@acme/greetings'; import { load } from '@acme/steps';
  const step = component({}, async () => greet('step'));
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => [await load('x'), await step(), greet('logic')]);`,
    files: {
      'packages/greetings/package.json': manifest('@acme/greetings', { exports: './src/index.ts' }),
      'packages/greetings/src/index.ts': `export { greet } from './greet.js';`,
      'packages/greetings/src/greet.ts': `export const greet = (who: string): string => 'Hello ' + who;`,
      'packages/steps/package.json': manifest('@acme/steps', { main: 'index.ts' }),
      'packages/steps/index.ts': `import { component } from 'headrace'; import { greet } from '@acme/greetings'; export const load = component({}, async (url: string) => greet(url));`,
    },
    links: {
      'node_modules/@acme/greetings': 'packages/greetings',
      'node_modules/@acme/steps': 'packages/steps',
    },
    outcome: completes(['Hello x', 'Hello step', 'Hello logic']),
  },
  'components of npm packages, as ES modules and as CommonJS': {
    source: `
  import { double } from 'modern'; import { half } from 'compiled';
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => [await double(2), await half(double(4))]);`,
    files: {
      'node_modules/modern/package.json': manifest('modern', { main: 'index.js', ...PEER }),
      'node_modules/modern/index.js': `import { component } from 'headrace'; export const double = component({}, async (n) => 2 * n);`,
      'node_modules/compiled/package.json': manifest('compiled', {
        type: 'commonjs',
        main: 'index.js',
        ...PEER,
      }),
      'node_modules/compiled/index.js': `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.half = void 0; const headrace_1 = require("headrace"); const divide_1 = require("./divide"); exports.half = (0, headrace_1.component)({}, async (n) => (0, divide_1.divide)(n, 2));`,
      'node_modules/compiled/divide.js': 'exports.divide = (a, b) => a / b;',
    },
    outcome: completes([4, 4]),
  },
};
