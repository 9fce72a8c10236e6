/**
 * What is loaded to show outputs and code: one module, because each that is loaded by itself is a
 * file.
 *
 * @module
 */
export { default as Artifacts } from '../../step/artifacts.tsx';
export { default as Code } from '../../step/code.tsx';
export { default as ArtifactsTab } from './artifacts-tab.tsx';
