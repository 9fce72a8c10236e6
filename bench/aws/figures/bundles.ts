/**
 * The sizes of the functions' bundles, as they are deployed.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Concern } from './figure.ts';

const MAX_BUNDLE_BYTES = 1_000_000;
const MEASURED = ['controller', 'router', 'evaluator'] as const;

export const bundles: Concern = {
  name: 'bundles',
  keys: MEASURED.map((name) => `bundle.${name}`),
  async collect() {
    return MEASURED.map((name) => {
      const file = fileURLToPath(
        new URL(`../../../dist/lambda/${name}/index.mjs`, import.meta.url),
      );
      return {
        key: `bundle.${name}`,
        value: readFileSync(file).byteLength,
        unit: 'bytes',
        highest: MAX_BUNDLE_BYTES,
        what: `the function ${name}, minified`,
      };
    });
  },
};
