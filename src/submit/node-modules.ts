/**
 * Requires that packages are installed as files: the bundler, the engine and the processes of steps
 * read them in `node_modules`.
 *
 * @module
 */
import { UsageError } from './errors.ts';

/** The process runs under Plug'n'Play of yarn, which keeps packages in archives. */
export class PlugAndPlayError extends UsageError {
  constructor() {
    super(
      "Headrace reads packages in node_modules, and Plug'n'Play of yarn has none: write the line nodeLinker: node-modules to .yarnrc.yml, and install again with `yarn install`",
    );
  }
}

/** @throws PlugAndPlayError */
export function requireNodeModules(versions: NodeJS.ProcessVersions = process.versions): void {
  if (versions.pnp !== undefined) throw new PlugAndPlayError();
}
