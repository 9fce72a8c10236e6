/**
 * What the commands that a page shows act on: the home of the folder, or a deployment.
 *
 * @module
 */

let target: string | undefined;

/** A profile or the address of an API; undefined: the home. */
export const commandTarget = (): string | undefined => target;

export function setCommandTarget(value: string | undefined): void {
  target = value;
}
