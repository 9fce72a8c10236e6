/**
 * `headrace/cdk`: Headrace as a construct of the AWS CDK.
 *
 * @module
 */
export { ConfigError, defineConfig, type HeadraceConfig } from './config.ts';
export { Headrace } from './headrace.ts';
export { HeadraceStack } from './stack.ts';
