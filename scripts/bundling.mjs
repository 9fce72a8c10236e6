/**
 * Options for bundling code that runs in AWS: one minified file with all dependencies, without
 * their unused parts. A process reads the whole file at its start: each 100 KB take about ten
 * milliseconds.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** CommonJS packages load Node's modules by `require`, which an ES module lacks. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Options of esbuild.
 *
 * @param {string} root of the project
 * @param {{ credentials: 'environment' | 'anywhere' }} needs the source of the process's AWS
 *   credentials: a function has them in its environment, a container reads them from an address
 * @returns {import('esbuild').BuildOptions & { readonly write: false }}
 */
export const bundling = (root, { credentials }) => ({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // The older of two versions of Node: that in AWS, and that of the tests.
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
 * Reads credentials only from the environment: without profiles, single sign-on and the metadata
 * address of a machine.
 *
 * @param {string} root
 * @returns {import('esbuild').Plugin}
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
 * Bundles only the parts of zod that our sources use: the object `z` would add all of zod, the same
 * names imported as a namespace do not. Messages are in English.
 *
 * @param {string} root
 * @returns {import('esbuild').Plugin}
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
 * Bundles only the schemas of AWS operations that our sources use. The schemas have constants as
 * computed keys, `{ [_h]: … }`. esbuild assumes that a computed key has side effects, and would
 * keep every operation with everything that it references.
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
