/**
 * What was recorded, as lists that people read: role, service, action, resource.
 *
 * @module
 */
import type { Recorded } from './gateway.ts';
import { verdictOf } from './policy.ts';
import type { Stack, StackRole } from './stack.ts';

export const isAllowed = ({ verdicts }: Recorded): boolean =>
  verdicts.every((verdict) => verdict === 'allowed');

/** `role service:Operation`, each once, sorted. */
export const operations = (recorded: readonly Recorded[]): readonly string[] =>
  [
    ...new Set(recorded.map(({ role, service, name: operation }) => `${role} ${service}:${operation}`)),
  ].sort();

/** What was refused, by the emulator or by the policies: `role action resource`. */
export const refusedIn = (recorded: readonly Recorded[]): readonly string[] =>
  recorded
    .filter((each) => each.refused === true || !isAllowed(each))
    .map(
      ({ role, checks: questions, name: operation }) =>
        `${role} ${operation} ${questions.map(({ action, resource }) => `${action} ${resource}`).join(', ')}`,
    );

/** Where the emulator's verdict and that of the policies differ: `service:Operation`, each once. */
export const disagreements = (recorded: readonly Recorded[]): readonly string[] => [
  ...new Set(
    recorded
      .filter((each) => each.refused !== undefined && each.refused === isAllowed(each))
      .map(({ service, name: operation }) => `${service}:${operation}`),
  ),
];

/** A permission, and whether anything that was recorded needed it. */
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

function needs({ checks: questions }: Recorded, { action, resource }: Permission): boolean {
  const alone = [
    { Effect: 'Allow' as const, Action: [action], Resource: [resource], Condition: {} },
  ];
  return questions.some((question) => verdictOf(alone, question) === 'allowed');
}
