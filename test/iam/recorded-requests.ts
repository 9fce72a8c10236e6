/**
 * Recorded requests as readable lists: role, service, action, resource.
 *
 * @module
 */
import type { Recorded } from './gateway.ts';
import { verdictOf } from './policy.ts';
import type { Stack, StackRole } from './stack.ts';

export const isAllowed = ({ verdicts }: Recorded): boolean =>
  verdicts.every((verdict) => verdict === 'allowed');

/** `role service:Operation`, sorted and without duplicates. */
export const operations = (recorded: readonly Recorded[]): readonly string[] =>
  [...new Set(recorded.map(({ role, service, name }) => `${role} ${service}:${name}`))].sort();

/** The requests that the emulator or the policies rejected: `role action resource`. */
export const refusedIn = (recorded: readonly Recorded[]): readonly string[] =>
  recorded
    .filter((each) => each.refused === true || !isAllowed(each))
    .map(
      ({ role, checks, name }) =>
        `${role} ${name} ${checks.map(({ action, resource }) => `${action} ${resource}`).join(', ')}`,
    );

/**
 * The operations for which the verdicts of the emulator and of the policies differ:
 * `service:Operation`, without duplicates.
 */
export const disagreements = (recorded: readonly Recorded[]): readonly string[] => [
  ...new Set(
    recorded
      .filter((each) => each.refused !== undefined && each.refused === isAllowed(each))
      .map(({ service, name }) => `${service}:${name}`),
  ),
];

/** One permission of a role. */
export interface Permission {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

export function unusedIn(recorded: readonly Recorded[], { roles }: Stack): readonly Permission[] {
  return roles.flatMap((role) =>
    permissionsOf(role).filter(
      (permission) => !recorded.some((each) => each.role === role.id && needs(each, permission)),
    ),
  );
}

const permissionsOf = ({ id, statements }: StackRole): readonly Permission[] =>
  statements.flatMap(({ Effect, Action, Resource }) =>
    Effect === 'Deny'
      ? []
      : Action.flatMap((action) => Resource.map((resource) => ({ role: id, action, resource }))),
  );

function needs({ checks }: Recorded, { action, resource }: Permission): boolean {
  const alone = [
    { Effect: 'Allow' as const, Action: [action], Resource: [resource], Condition: {} },
  ];
  return checks.some((check) => verdictOf(alone, check) === 'allowed');
}
