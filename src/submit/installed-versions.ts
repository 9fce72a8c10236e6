/**
 * Compares the packages of steps with what the project has installed: the ranges of the option
 * `packages`, which containers install, and the lock file.
 *
 * @module
 */
import satisfies from 'semver/functions/satisfies.js';
import isExact from 'semver/functions/valid.js';
import validRange from 'semver/ranges/valid.js';
import { InstalledPackages } from '../bundle/index.ts';
import type { PipelineCode } from '../model/code.ts';
import type { ComponentDeclaration } from '../model/options.ts';
import { findLockFile } from './lock-file.ts';
import { packageRequestsIn } from './packages.ts';

/**
 * A line for each difference.
 *
 * @param code with the packages that each component imports, without those of the option
 * @param root the root of the project
 */
export function packageNotes(
  code: Pick<PipelineCode, 'components'>,
  components: readonly ComponentDeclaration[],
  root: string,
): readonly string[] {
  const installed = new InstalledPackages(root);
  const notes = new Set<string>();
  const used = new Map<string, string>();
  for (const { id, name: component, packages } of components) {
    const imported = new Map(
      code.components
        .find((each) => each.id === id)
        ?.bundle.packages.map(({ name, version }) => [name, version]),
    );
    for (const [name, version] of imported) used.set(name, version);
    for (const { name, range } of packageRequestsIn(packages ?? [], root)) {
      const found = installed.find(root, name);
      if (found !== undefined && !installed.isInstalled(found.folder)) continue;
      const version = imported.get(name) ?? found?.manifest.version;
      if (version === undefined) continue;
      used.set(name, version);
      if (range !== undefined && isOutside(version, range))
        notes.add(
          `note: the packages of component ${component} name ${name}@${range}, and the project has ${version} installed: on this machine its steps use ${version}, in a container a version of ${range}`,
        );
    }
  }
  const lock = used.size === 0 ? undefined : findLockFile(root);
  for (const [name, version] of used) {
    // An alias, or a package from an address, has another name or no version in the lock file.
    const locked = isExact(version) === null ? [] : (lock?.versionsOf(name) ?? []);
    if (lock !== undefined && locked.length > 0 && !locked.includes(version))
      notes.add(
        `note: the project has ${name} ${version} installed, and ${lock.name} has ${locked.join(', ')}: install its packages again with \`${lock.command}\``,
      );
  }
  return [...notes];
}

/** A tag, an address or an alias is resolved when a container installs it. */
const isOutside = (version: string, range: string): boolean =>
  validRange(range) !== null && !satisfies(version, range, { includePrerelease: true });
