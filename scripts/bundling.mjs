/**
 * How code for AWS is bundled: one file with everything in it, minified, without what it never asks
 * of its packages. A process there begins by reading all of it: each 100 KB cost about ten
 * milliseconds.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Packages in the form of CommonJS ask for Node's modules by `require`, which a module does not
 * have.
 */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Options of esbuild.
 *
 * @param {string} root of the project
 * @param {{ credentials: 'environment' | 'anywhere' }} needs where AWS puts the process's
 *   credentials: a function's are in its environment, a container's at an address
 * @returns {import('esbuild').BuildOptions & { readonly write: false }}
 */
export const bundling = (root, { credentials }) => ({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // Of the Node there and of the one that runs it in tests, the older.
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  conditions: ['module'],
  minify: true,
  keepNames: true,
  legalComments: 'none',
  banner: { js: REQUIRE },
  plugins: [
    ...(credentials === 'environment' ? [fromEnvironment(root)] : []),
    leanZod(root),
    leanSchemas,
  ],
  write: false,
  logLevel: 'error',
});

/**
 * No profiles, no single sign-on, no address of a machine. @param {string} root @returns
 * {import('esbuild').Plugin}
 */
const fromEnvironment = (root) => ({
  name: 'credentials from the environment',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
      path: 'credentials',
      namespace: 'environment',
    }));
    onLoad({ filter: /^credentials$/, namespace: 'environment' }, () => ({
      contents:
        "import { fromEnv } from '@aws-sdk/credential-provider-env'; export const defaultProvider = () => fromEnv();",
      resolveDir: join(root, 'node_modules/@aws-sdk/credential-provider-node'),
    }));
  },
});

/**
 * Of zod, what our sources name: its object `z` would bring all of it, the same as a namespace does
 * not. Messages are in English. @param {string} root @returns {import('esbuild').Plugin}
 */
const leanZod = (root) => ({
  name: 'lean zod',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!['src', 'lambda'].some((folder) => path.startsWith(join(root, folder))))
        return undefined;
      const source = readFileSync(path, 'utf8');
      return {
        contents: source.replace("import { z } from 'zod';", "import * as z from 'zod';"),
        loader: 'ts',
        resolveDir: dirname(path),
      };
    });
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
  },
});

/**
 * Of the schemas of AWS's clients, those of the operations that our sources name. They say
 * `{ [_h]: … }` with constants as keys; a computed key may have effects for all that esbuild knows,
 * and would keep every operation, with all that it refers to.
 *
 * @type {import('esbuild').Plugin}
 */
const leanSchemas = {
  name: 'lean schemas',
  setup({ onLoad }) {
    onLoad(
      { filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ },
      ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const constants = new Map(
          [...source.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm)].map(([, name, text]) => [
            name,
            text,
          ]),
        );
        return {
          contents: source.replaceAll(/\[(_\w+)\]:/g, (key, name) =>
            constants.has(name) ? `${constants.get(name)}:` : key,
          ),
          resolveDir: dirname(path),
        };
      },
    );
  },
};
